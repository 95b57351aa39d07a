/**
 * One unary gRPC call on a stream of HTTP/2: a message goes out, a message and a status come back.
 */
import type { ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { constants } from "node:http2";
import type { GrpcAnswer } from "./grpc-answer.ts";
import { AnswerReader } from "./grpc-answer.ts";

export type GrpcOutcome =
  | GrpcAnswer
  /** No status came: a refused connection, a reset, a server that went away. */
  | { readonly kind: "unanswered"; readonly reason: string }
  | { readonly kind: "timeout" };

export type GrpcCallLimits = {
  /** Of the answer, as it comes and unpacked. */
  readonly answerMaxBytes: number;
  readonly timeoutMs: number;
  /** Breaks the call off. */
  readonly abort: AbortSignal;
};

export type GrpcMessage = {
  readonly bytes: Uint8Array;
  readonly isPacked: boolean;
  /** All of it has been written: nobody reads the bytes any more. An answer may come without that. */
  readonly onLeft: () => void;
};

const PREFIX_BYTES = 5;

/** Sends the message, whose bytes must stay as they are until this resolves. Never rejects. */
export function callUnary(
  stream: ClientHttp2Stream,
  message: GrpcMessage,
  { answerMaxBytes, timeoutMs, abort }: GrpcCallLimits,
): Promise<GrpcOutcome> {
  return new Promise((resolve) => {
    const reader = new AnswerReader(answerMaxBytes);
    let failure: GrpcOutcome = { kind: "unanswered", reason: "the connection was closed before there was a status" };
    const breakOff = (outcome: GrpcOutcome) => {
      failure = outcome;
      stream.close(constants.NGHTTP2_CANCEL);
    };
    const onAbort = () => breakOff({ kind: "unanswered", reason: "broken off" });
    const deadline = setTimeout(() => breakOff({ kind: "timeout" }), timeoutMs);
    abort.addEventListener("abort", onAbort);
    stream.on("response", (headers) => reader.addHeaders(headers));
    stream.on("trailers", (trailers: IncomingHttpHeaders) => reader.addTrailers(trailers));
    stream.on("data", (chunk: Buffer) => {
      if (!reader.addBytes(chunk)) stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on("end", () => {
      // A server that refuses a message need not read all of it.
      if (!stream.writableFinished) stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on("error", (error: Error) => {
      failure = { kind: "unanswered", reason: reasonOf(error) };
    });
    stream.on("close", () => {
      clearTimeout(deadline);
      abort.removeEventListener("abort", onAbort);
      if (stream.writableFinished) message.onLeft();
      resolve(reader.finish() ?? failure);
    });
    if (abort.aborted) onAbort();
    else send(stream, message);
  });
}

/** Prefix and message leave together, and the message is not copied for that. */
function send(stream: ClientHttp2Stream, { bytes, isPacked }: GrpcMessage): void {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt8(isPacked ? 1 : 0);
  prefix.writeUInt32BE(bytes.length, 1);
  stream.cork();
  stream.write(prefix);
  stream.end(bytes);
  stream.uncork();
}

/** When there is no connection, the stream was merely cancelled, and the cause is what there is to know. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
