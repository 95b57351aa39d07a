/**
 * Reads the answer to a unary gRPC call: headers, at most one message, and a status in the trailers,
 * or all of it in the headers when there is no message.
 *
 * Proxies and servers of other protocols answer, too: in HTTP alone, which the gRPC protocol translates.
 */
import type { IncomingHttpHeaders, IncomingHttpStatusHeader } from "node:http2";
import { gunzipSync } from "node:zlib";

export type GrpcAnswer =
  | {
      readonly kind: "answered";
      readonly code: number;
      readonly message: string;
      /** The trailer `grpc-status-details-bin`. */
      readonly statusDetails: Uint8Array | null;
      /** The answer's message. What cannot be unpacked is left as it came, for its reader to complain about. */
      readonly body: Uint8Array;
    }
  | { readonly kind: "too_large" };

const PREFIX_BYTES = 5;

const GRPC_UNKNOWN = 2;
/** What an HTTP status says where the gRPC protocol is not spoken; any other is UNKNOWN. */
const CODE_OF_HTTP_STATUS: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
]);

export class AnswerReader {
  readonly #maxBytes: number;
  #headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
  #trailers: IncomingHttpHeaders = {};
  readonly #chunks: Buffer[] = [];
  #byteCount = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  addHeaders(headers: IncomingHttpHeaders & IncomingHttpStatusHeader): void {
    this.#headers = headers;
  }

  addTrailers(trailers: IncomingHttpHeaders): void {
    this.#trailers = trailers;
  }

  /** False when there is no use in reading on. */
  addBytes(chunk: Buffer): boolean {
    this.#byteCount += chunk.length;
    if (this.#isTooLarge()) return false;
    this.#chunks.push(chunk);
    return true;
  }

  /** null when no status has come. */
  finish(): GrpcAnswer | null {
    if (this.#isTooLarge()) return { kind: "too_large" };
    const status = this.#header("grpc-status");
    if (status === undefined) return this.#answerInHttp();
    const body = this.#body();
    if (body === null) return { kind: "too_large" };
    const details = this.#header("grpc-status-details-bin");
    return {
      kind: "answered",
      code: /^\d+$/.test(status) ? Number(status) : GRPC_UNKNOWN,
      message: percentDecoded(this.#header("grpc-message") ?? ""),
      statusDetails: details === undefined ? null : Buffer.from(details, "base64"),
      body,
    };
  }

  #isTooLarge(): boolean {
    return this.#byteCount > this.#maxBytes + PREFIX_BYTES;
  }

  #header(name: string): string | undefined {
    return (this.#trailers[name] ?? this.#headers[name])?.toString();
  }

  #answerInHttp(): GrpcAnswer | null {
    const { ":status": status, "content-type": contentType = "no type" } = this.#headers;
    if (status === undefined || (status === 200 && contentType.startsWith("application/grpc"))) return null;
    const code = CODE_OF_HTTP_STATUS.get(status) ?? GRPC_UNKNOWN;
    const message = `HTTP ${status} with ${contentType} in place of a gRPC status`;
    return { kind: "answered", code, message, statusDetails: null, body: new Uint8Array(0) };
  }

  /** null when it would unpack to too much. */
  #body(): Uint8Array | null {
    const framed = Buffer.concat(this.#chunks);
    const message = framed.subarray(PREFIX_BYTES);
    if (framed.length === 0 || framed[0] === 0) return message;
    try {
      return gunzipSync(message, { maxOutputLength: this.#maxBytes });
    } catch (error) {
      const isTooLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
      return isTooLarge ? null : message;
    }
  }
}

/** What is badly encoded is better shown as it is than not at all. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
