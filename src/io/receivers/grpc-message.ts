/**
 * Reads the one message of a unary call: a byte that says whether it is packed, four that say its
 * length, and the message.
 */
import type { ServerHttp2Stream } from "node:http2";
import { constants } from "node:http2";
import { freeBytes } from "../../core/free-bytes.ts";
import type { Collected } from "./collect-bytes.ts";
import { collectBytes } from "./collect-bytes.ts";
import type { SharedBudget } from "./shared-budget.ts";
import type { Unpacked, Unpacker } from "./unpack.ts";

const PREFIX_BYTES = 5;

/** A caller has this long for its message: a slower one would hold its part of the budget for ever. */
const MESSAGE_TIMEOUT_MS = 60_000;

export async function readGrpcMessage(
  stream: ServerHttp2Stream,
  packing: string | undefined,
  limits: { readonly maxBytes: number; readonly arrivingBytes: SharedBudget; readonly unpacker: Unpacker },
): Promise<Collected | Unpacked> {
  const deadline = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), MESSAGE_TIMEOUT_MS).unref();
  const collected = await collectBytes(stream, limits.maxBytes + PREFIX_BYTES, limits.arrivingBytes);
  clearTimeout(deadline);
  if (collected.kind !== "read") return collected;
  const framed = collected.bytes;
  if (framed.length < PREFIX_BYTES) return { kind: "corrupt", message: "the call has no message" };
  const declaredBytes = new DataView(framed.buffer, framed.byteOffset).getUint32(1);
  const message = framed.subarray(PREFIX_BYTES);
  if (declaredBytes !== message.length) return { kind: "corrupt", message: wrongLength(declaredBytes, message.length) };
  if (framed[0] === 0) return { kind: "read", bytes: message };
  if (packing !== "gzip")
    return { kind: "corrupt", message: "the message is packed, and grpc-encoding does not say how" };
  const unpacked = await limits.unpacker.unpack(message, "gzip", limits.maxBytes);
  freeBytes(message);
  return unpacked;
}

function wrongLength(declaredBytes: number, arrivedBytes: number): string {
  return `the message was to have ${declaredBytes} bytes and ${arrivedBytes} came: a call takes one message`;
}
