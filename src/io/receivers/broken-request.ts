/**
 * Answers what is no HTTP request, as far as there is anybody to answer.
 *
 * Node would send a bare status line, and the specification wants a google.rpc.Status in the body of
 * every error. Its encoding is JSON: headers that would have named another were not understood.
 */
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { ExportDoor } from "./export-door.ts";
import { malformed } from "./export-door.ts";
import { httpReply } from "./reply.ts";

/** The connection ends with the answer: where the next request begins is unknown. */
export function answerBrokenRequest(door: ExportDoor, error: NodeJS.ErrnoException, socket: Duplex): void {
  const statusCode = statusFor(error.code ?? "");
  if (statusCode === null || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = malformed(`the request cannot be read: ${error.message}`);
  door.onRefused(null, refusal.reason);
  const { headers, body } = httpReply(refusal, null, "json");
  const lines = Object.entries({ ...headers, connection: "close" }).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`, ...lines, "", ""].join("\r\n");
  socket.end(Buffer.concat([Buffer.from(head), body]));
}

/** null for what happened below HTTP: a reset, a failed handshake. */
function statusFor(errorCode: string): number | null {
  if (errorCode === "ERR_HTTP_REQUEST_TIMEOUT") return 408;
  if (errorCode === "HPE_HEADER_OVERFLOW") return 431;
  return errorCode.startsWith("HPE_") ? 400 : null;
}
