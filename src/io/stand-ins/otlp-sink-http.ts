/** The HTTP side of the OTLP sink: POST /v1/traces, /v1/metrics, /v1/logs; protobuf or JSON, plain or gzip. */
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { encodeExportResponse } from "../../core/otlp/export-response.ts";
import { jsonToProtobuf } from "../../core/otlp/json-to-protobuf.ts";
import { encodeRpcStatus } from "../../core/otlp/rpc-status.ts";
import type { Signal } from "../../core/otlp/verdict.ts";
import { SIGNALS } from "../../core/otlp/verdict.ts";
import type { Answer } from "./loopback-http.ts";
import { readBody, send } from "./loopback-http.ts";
import type { Receive, SinkFault } from "./otlp-sink-exchange.ts";
import { partialSuccessOf, REQUEST_MAX_BYTES } from "./otlp-sink-exchange.ts";

const MEDIA_TYPES = { "http/protobuf": "application/x-protobuf", "http/json": "application/json" } as const;
const ENCODINGS = { "http/protobuf": "protobuf", "http/json": "json" } as const;
type HttpProtocol = keyof typeof MEDIA_TYPES;

export function otlpHttpListener(receive: Receive): RequestListener {
  return (request, response) => {
    // Only a broken connection rejects, and then there is nobody left to answer.
    serve(request, response, receive).catch(() => response.destroy());
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, receive: Receive): Promise<void> {
  const answer = await answerRequest(request, receive);
  if (answer === "reset") request.socket.resetAndDestroy();
  else if (answer !== "hang") send(response, answer);
}

async function answerRequest(request: IncomingMessage, receive: Receive): Promise<Answer | "hang" | "reset"> {
  const protocol = protocolOf(request.headers["content-type"]);
  if (protocol === undefined) return refusal("http/protobuf", 415, "neither protobuf nor JSON");
  const signal = SIGNALS.find((candidate) => request.url === `/v1/${candidate}`);
  if (signal === undefined) return refusal(protocol, 404, "no such path");
  if (request.method !== "POST") return refusal(protocol, 405, "only POST", { allow: "POST" });
  const body = await readBody(request, REQUEST_MAX_BYTES);
  if (body.kind === "too-large") return refusal(protocol, 413, `more than ${REQUEST_MAX_BYTES} bytes`);
  if (body.kind === "not-gzip") return refusal(protocol, 400, "the body is not gzip");
  const message = protocol === "http/json" ? jsonToProtobuf(signal, body.bytes) : body;
  if (message.kind === "malformed") return refusal(protocol, 400, message.message);
  const headers = textHeaders(request.headers);
  return answerWith(receive({ signal, protocol, headers, bytes: message.bytes }), signal, protocol);
}

function protocolOf(contentType: string | undefined): HttpProtocol | undefined {
  const mediaType = contentType?.split(";")[0]?.trim().toLowerCase();
  if (mediaType === MEDIA_TYPES["http/protobuf"]) return "http/protobuf";
  return mediaType === MEDIA_TYPES["http/json"] ? "http/json" : undefined;
}

function textHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function answerWith(fault: SinkFault | undefined, signal: Signal, protocol: HttpProtocol): Answer | "hang" | "reset" {
  switch (fault?.kind) {
    case "hang":
      return "hang";
    case "reset":
    case "reset-after-accepting":
      return "reset";
    case "unavailable":
      return refusal(protocol, 503, "told to be unavailable", retryAfter(fault.retryAfterMs));
    case "throttled":
      return refusal(protocol, 429, "told to be throttled", retryAfter(fault.retryAfterMs));
    case "refused":
      return refusal(protocol, 400, fault.message);
    case "partial":
    case undefined:
      return success(signal, protocol, fault);
  }
}

function success(signal: Signal, protocol: HttpProtocol, fault: SinkFault | undefined): Answer {
  const body = encodeExportResponse(signal, ENCODINGS[protocol], partialSuccessOf(fault));
  return { status: 200, headers: { "content-type": MEDIA_TYPES[protocol] }, body };
}

/** The header knows whole seconds only. */
function retryAfter(delayMs: number | undefined): Record<string, string> {
  return delayMs === undefined ? {} : { "retry-after": String(Math.ceil(delayMs / 1000)) };
}

function refusal(
  protocol: HttpProtocol,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): Answer {
  // The gRPC code may be left out where the HTTP status says it all.
  const body = encodeRpcStatus({ code: 0, message, retryDelayMs: null, fieldViolations: [] }, ENCODINGS[protocol]);
  return { status, headers: { "content-type": MEDIA_TYPES[protocol], ...headers }, body };
}
