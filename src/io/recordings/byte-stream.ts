/**
 * The bytes of a file or of standard input, chunk by chunk, unpacked where they are gzip.
 *
 * A chunk is read when the one before it has been used, so a recording of any size takes the memory
 * of a few chunks.
 */
import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { RecordingError } from "./recorded-item.ts";

/** Requests of larger chunks outlive a collection of new objects: an eighth more time, and twice the memory. */
const CHUNK_BYTES = 64 * 1024;
const GZIP_MAGIC = [0x1f, 0x8b];

export type RecordingInput = {
  /** A path, or `-` for standard input. */
  readonly name: string;
  readonly stdin: Readable;
};

export async function* readBytes({ name, stdin }: RecordingInput): AsyncGenerator<Buffer, void> {
  const source = name === "-" ? stdin : createReadStream(name, { highWaterMark: CHUNK_BYTES });
  try {
    const packed = await peek(source, GZIP_MAGIC.length);
    yield* isGzip(packed.head) ? unpack(packed.chunks) : packed.chunks;
  } catch (error) {
    throw asRecordingError(error, name);
  } finally {
    // Whoever stops early leaves no file open; standard input is not ours to close.
    if (source !== stdin) source.destroy();
  }
}

export type Peeked = { readonly head: Buffer; readonly chunks: AsyncIterable<Buffer> };

/** The first bytes, at least `byteCount` unless there are fewer, and all chunks from the beginning. */
export async function peek(source: AsyncIterable<Buffer | string>, byteCount: number): Promise<Peeked> {
  const iterator = source[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < byteCount) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = head.length === 0 ? Buffer.from(next.value) : Buffer.concat([head, Buffer.from(next.value)]);
  }
  return { head, chunks: rejoin(head, iterator) };
}

async function* rejoin(head: Buffer, rest: AsyncIterator<Buffer | string>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for await (const chunk of { [Symbol.asyncIterator]: () => rest }) yield Buffer.from(chunk);
}

function isGzip(head: Buffer): boolean {
  return GZIP_MAGIC.every((byte, index) => head[index] === byte);
}

function unpack(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
  // An error on either side destroys the other, and whoever iterates meets it there.
  pipeline(Readable.from(chunks, { objectMode: false }), unpacked, () => {});
  return unpacked;
}

/** In the system's own words, without the call that met the error. */
function asRecordingError(error: unknown, name: string): unknown {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return error;
  const shownName = name === "-" ? "standard input" : name;
  if (error.code.startsWith("Z_")) {
    return new RecordingError(`${shownName} is damaged: ${error.message}`, { reason: "unreadable", cause: error });
  }
  const problem = error.message.replace(/^[A-Z0-9_]+: /, "").replace(/, \w+( '.*')?$/, "");
  const reason = error.code === "ENOENT" ? "missing" : "unreadable";
  return new RecordingError(`cannot read ${shownName}: ${problem}`, { reason, cause: error });
}
