/**
 * What an OTLP/HTTP request's first line and headers say, or why it is refused on their account.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { RefusalReason, Signal } from "../../core/otlp/verdict.ts";
import type { AuthorizationCheck } from "./bearer-tokens.ts";
import type { ContentEncoding } from "./read-body.ts";
import type { Encoding } from "./reply.ts";

export type RequestHead =
  | {
      readonly kind: "export";
      readonly signal: Signal;
      readonly encoding: Encoding;
      readonly contentEncoding: ContentEncoding;
    }
  | { readonly kind: "preflight" }
  | {
      readonly kind: "refused";
      readonly signal: Signal | null;
      /** In which the refusal is told; JSON when the request is in neither, as a person reads that. */
      readonly encoding: Encoding;
      readonly reason: RefusalReason;
      readonly message: string;
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

const encodingByMediaType: ReadonlyMap<string, Encoding> = new Map([
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
]);

export function readHead(request: RequestLine, mayEnter: AuthorizationCheck): RequestHead {
  const { headers, method } = request;
  const path = pathOf(request.url ?? "");
  const signal = signalByPath.get(path) ?? null;
  const encoding = encodingByMediaType.get(mediaType(headers["content-type"]));
  const refused = (reason: RefusalReason, message: string): RequestHead => {
    return { kind: "refused", signal, encoding: encoding ?? "json", reason, message };
  };

  if (signal === null) return refused("not_found", `nothing is served at ${path}; send to ${pathList}`);
  if (method === "OPTIONS") return { kind: "preflight" };
  if (method !== "POST") return refused("method_not_allowed", `${path} takes POST only`);
  if (!mayEnter(headers.authorization)) return refused("unauthenticated", "a valid bearer token is required");
  if (encoding === undefined) return refused("unsupported_media_type", contentTypeMessage);
  const contentEncoding = contentEncodings.get((headers["content-encoding"] ?? "").trim().toLowerCase());
  if (contentEncoding === undefined) return refused("unsupported_encoding", contentEncodingMessage);
  return { kind: "export", signal, encoding, contentEncoding };
}

const pathList = [...signalByPath.keys()].join(", ");
const contentTypeMessage = "Content-Type must be application/x-protobuf or application/json";
const contentEncodingMessage = "Content-Encoding must be gzip, zstd or identity";
const LONGEST_SHOWN_PATH = 100;

function pathOf(url: string): string {
  const end = url.indexOf("?");
  return (end === -1 ? url : url.slice(0, end)).slice(0, LONGEST_SHOWN_PATH);
}

/** Without parameters such as `; charset=utf-8`. */
function mediaType(contentType: string | undefined): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
