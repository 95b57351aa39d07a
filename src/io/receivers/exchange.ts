/**
 * One HTTP request and its answer.
 *
 * What can be refused without the body is refused before it is read. A sender that is still writing
 * gets its answer at once and keeps its connection: what it goes on to write is thrown away, within
 * the server's time limit. To close on a writer would reset the connection, and the answer with it.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { jsonToProtobuf } from "../../core/otlp/json-to-protobuf.ts";
import type { RefusalReason, Signal, Verdict } from "../../core/otlp/verdict.ts";
import type { AuthorizationCheck } from "./bearer-tokens.ts";
import type { CorsPolicy } from "./cors.ts";
import type { ExportDoor } from "./export-door.ts";
import { knock } from "./export-door.ts";
import { readBody } from "./read-body.ts";
import { httpReply } from "./reply.ts";
import type { RequestHead } from "./request-head.ts";
import { readHead } from "./request-head.ts";

/** What all requests of one receiver share. */
export type ExchangeParts = {
  readonly door: ExportDoor;
  readonly mayEnter: AuthorizationCheck;
  readonly cors: CorsPolicy;
  readonly maxRequestBytes: number;
};

type ExportHead = Extract<RequestHead, { kind: "export" }>;

/** Never rejects, whatever the sender does. */
export async function exchange(
  parts: ExchangeParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A sender that goes away is nobody's fault; without listeners it would end the process.
  request.on("error", ignore);
  response.on("error", ignore);
  const head = readHead(request, parts.mayEnter);
  if (head.kind === "preflight") return answerPreflight(parts, request, response);
  const verdict = head.kind === "refused" ? refuse(parts, head, head) : await judge(parts, head, request);
  if (verdict === null) return;
  const { statusCode, headers, body } = httpReply(verdict, head.signal, head.encoding);
  response.writeHead(statusCode, { ...parts.cors.headersFor(request.headers.origin), ...headers }).end(body);
}

function answerPreflight(parts: ExchangeParts, request: IncomingMessage, response: ServerResponse): void {
  const cors = parts.cors.preflightHeadersFor(request.headers.origin);
  response.writeHead(204, { allow: "POST", ...cors }).end();
}

/** null when the sender has gone away and nobody is left to answer. */
async function judge(parts: ExchangeParts, head: ExportHead, request: IncomingMessage): Promise<Verdict | null> {
  const body = await readBody(request, head.contentEncoding, parts.maxRequestBytes);
  switch (body.kind) {
    case "read":
      return handOver(parts, head, body.bytes, peerOf(request));
    case "too_large": {
      const message = `a request may have ${parts.maxRequestBytes} bytes, packed and unpacked`;
      return refuse(parts, head, { reason: "too_large", message });
    }
    case "corrupt":
      return refuse(parts, head, { reason: "malformed", message: body.message });
    case "aborted":
      return null;
  }
}

async function handOver(parts: ExchangeParts, head: ExportHead, body: Uint8Array, peer: string): Promise<Verdict> {
  if (head.encoding === "protobuf") return knock(parts.door, { signal: head.signal, bytes: body, peer });
  // The specification wants an empty request taken, and an empty body is no JSON text.
  const transcoded = jsonToProtobuf(head.signal, body.length === 0 ? "{}" : body);
  if (transcoded.kind === "malformed") {
    return refuse(parts, head, { reason: "malformed", message: transcoded.message });
  }
  return knock(parts.door, { signal: head.signal, bytes: transcoded.bytes, peer });
}

function refuse(
  parts: ExchangeParts,
  head: { readonly signal: Signal | null },
  { reason, message }: { readonly reason: RefusalReason; readonly message: string },
): Verdict {
  parts.door.onRefused(head.signal, reason);
  return { kind: "refused", reason, message };
}

function peerOf({ socket }: IncomingMessage): string {
  return `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`;
}

function ignore(): void {}
