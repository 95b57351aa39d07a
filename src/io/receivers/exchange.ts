/**
 * One HTTP request and its answer.
 *
 * What can be refused without the body is refused before it is read. A sender that is still writing
 * gets its answer at once and keeps its connection: what it goes on to write is thrown away, within
 * the server's time limit. To close on a writer would reset the connection, and the answer with it.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { freeBytes } from "../../core/free-bytes.ts";
import { jsonToProtobuf } from "../../core/otlp/json-to-protobuf.ts";
import type { Signal, Verdict } from "../../core/otlp/verdict.ts";
import type { AuthorizationCheck } from "./bearer-tokens.ts";
import type { Collected } from "./collect-bytes.ts";
import { collectBytes } from "./collect-bytes.ts";
import type { CorsPolicy } from "./cors.ts";
import type { ExportDoor, Refusal } from "./export-door.ts";
import { CROWDED, knock, malformed, tooLarge } from "./export-door.ts";
import { httpReply } from "./reply.ts";
import type { RequestHead } from "./request-head.ts";
import { readHead } from "./request-head.ts";
import type { SharedBudget } from "./shared-budget.ts";
import type { Unpacked, Unpacker } from "./unpack.ts";

/** What all requests of one receiver share. */
export type ExchangeParts = {
  readonly door: ExportDoor;
  readonly mayEnter: AuthorizationCheck;
  readonly cors: CorsPolicy;
  readonly maxRequestBytes: number;
  readonly arrivingBytes: SharedBudget;
  readonly unpacker: Unpacker;
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
  const verdict = head.kind === "refused" ? refuse(parts, head, head.refusal) : await judge(parts, head, request);
  if (verdict === null) return;
  const { statusCode, headers, body } = httpReply(verdict, head.signal, head.encoding);
  response.writeHead(statusCode, { ...parts.cors.headersFor(request.headers.origin), ...headers });
  finish(request, response, body);
}

/** The answer is whole at once. Ending it only after the request keeps Node from closing on a writer. */
function finish(request: IncomingMessage, response: ServerResponse, body: Uint8Array): void {
  if (request.complete) {
    response.end(body);
    return;
  }
  response.write(body);
  request.resume().once("close", () => response.end());
}

function answerPreflight(parts: ExchangeParts, request: IncomingMessage, response: ServerResponse): void {
  const cors = parts.cors.preflightHeadersFor(request.headers.origin);
  response.writeHead(204, { allow: "POST", ...cors }).end();
}

/** null when the sender has gone away and nobody is left to answer. */
async function judge(parts: ExchangeParts, head: ExportHead, request: IncomingMessage): Promise<Verdict | null> {
  const body = await readBody(parts, head, request);
  switch (body.kind) {
    case "read":
      return handOver(parts, head, body.bytes, peerOf(request));
    case "too_large":
      return refuse(parts, head, tooLarge(parts.maxRequestBytes));
    case "corrupt":
      return refuse(parts, head, malformed(body.message));
    case "crowded":
      parts.door.onRefused(head.signal, "overloaded");
      return CROWDED;
    case "aborted":
      return null;
  }
}

async function readBody(
  { maxRequestBytes, arrivingBytes, unpacker }: ExchangeParts,
  { contentEncoding }: ExportHead,
  request: IncomingMessage,
): Promise<Collected | Unpacked> {
  if (Number(request.headers["content-length"] ?? 0) > maxRequestBytes) return { kind: "too_large" };
  const body = await collectBytes(request, maxRequestBytes, arrivingBytes);
  if (body.kind !== "read" || contentEncoding === "identity") return body;
  const unpacked = await unpacker.unpack(body.bytes, contentEncoding, maxRequestBytes);
  freeBytes(body.bytes);
  return unpacked;
}

async function handOver(parts: ExchangeParts, head: ExportHead, body: Uint8Array, peer: string): Promise<Verdict> {
  const { signal, encoding } = head;
  if (encoding === "protobuf") return knock(parts.door, { signal, bytes: body, peer });
  // The specification wants an empty request taken, and an empty body is no JSON text.
  const transcoded = jsonToProtobuf(signal, body.length === 0 ? "{}" : body);
  freeBytes(body);
  if (transcoded.kind === "malformed") return refuse(parts, head, malformed(transcoded.message));
  return knock(parts.door, { signal, bytes: transcoded.bytes, peer });
}

function refuse(parts: ExchangeParts, head: { readonly signal: Signal | null }, refusal: Refusal): Verdict {
  parts.door.onRefused(head.signal, refusal.reason);
  return refusal;
}

function peerOf({ socket }: IncomingMessage): string {
  return `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`;
}

function ignore(): void {}
