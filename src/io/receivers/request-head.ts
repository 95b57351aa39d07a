/**
 * What an OTLP/HTTP request's first line and headers say, or why it is refused on their account.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { BodyEncoding } from "../../core/otlp/rpc-status.ts";
import type { Signal } from "../../core/otlp/verdict.ts";
import type { AuthorizationCheck } from "./bearer-tokens.ts";
import type { Refusal } from "./export-door.ts";
import { UNAUTHENTICATED } from "./export-door.ts";
import type { PackedFormat } from "./packed-claims.ts";

export type ContentEncoding = PackedFormat | "identity";

export type RequestHead =
  | {
      readonly kind: "export";
      readonly signal: Signal;
      readonly encoding: BodyEncoding;
      readonly contentEncoding: ContentEncoding;
    }
  | { readonly kind: "preflight" }
  | {
      readonly kind: "refused";
      readonly signal: Signal | null;
      /** In which the refusal is told; JSON when the request is in neither, as a person reads that. */
      readonly encoding: BodyEncoding;
      readonly refusal: Refusal;
    };

type RequestLine = {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
};

const signalByPath: ReadonlyMap<string, Signal> = new Map([
  ["/v1/traces", "traces"],
  ["/v1/metrics", "metrics"],
  ["/v1/logs", "logs"],
]);

const encodingByMediaType: ReadonlyMap<string, BodyEncoding> = new Map([
  ["application/x-protobuf", "protobuf"],
  ["application/protobuf", "protobuf"],
  ["application/json", "json"],
]);

const contentEncodings: ReadonlyMap<string, ContentEncoding> = new Map([
  ["", "identity"],
  ["identity", "identity"],
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["zstd", "zstd"],
  ["deflate", "deflate"],
]);

export function readHead(request: RequestLine, mayEnter: AuthorizationCheck): RequestHead {
  const { headers, method } = request;
  const path = pathOf(request.url ?? "");
  const signal = signalByPath.get(path) ?? null;
  const encoding = encodingByMediaType.get(mediaType(headers["content-type"]));
  const refused = (refusal: Refusal): RequestHead => {
    return { kind: "refused", signal, encoding: encoding ?? "json", refusal };
  };

  if (signal === null) return refused(notFound(path));
  if (method === "OPTIONS") return { kind: "preflight" };
  if (method !== "POST") return refused(WRONG_METHOD);
  if (!mayEnter(headers.authorization)) return refused(UNAUTHENTICATED);
  if (encoding === undefined) return refused(WRONG_MEDIA_TYPE);
  const contentEncoding = contentEncodings.get((headers["content-encoding"] ?? "").trim().toLowerCase());
  if (contentEncoding === undefined) return refused(WRONG_ENCODING);
  return { kind: "export", signal, encoding, contentEncoding };
}

function notFound(path: string): Refusal {
  const served = [...signalByPath.keys()].join(", ");
  return { kind: "refused", reason: "not_found", message: `nothing is served at ${path}; send to ${served}` };
}

const WRONG_METHOD: Refusal = { kind: "refused", reason: "method_not_allowed", message: "telemetry is sent with POST" };

const WRONG_MEDIA_TYPE: Refusal = {
  kind: "refused",
  reason: "unsupported_media_type",
  message: "Content-Type must be application/x-protobuf or application/json",
};

const WRONG_ENCODING: Refusal = {
  kind: "refused",
  reason: "unsupported_encoding",
  message: "Content-Encoding must be gzip, zstd, deflate or identity",
};

const LONGEST_SHOWN_PATH = 100;

function pathOf(url: string): string {
  const end = url.indexOf("?");
  return (end === -1 ? url : url.slice(0, end)).slice(0, LONGEST_SHOWN_PATH);
}

/** Without parameters such as `; charset=utf-8`. */
function mediaType(contentType: string | undefined): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
