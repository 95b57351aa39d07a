/**
 * Reads a request's body, decompressed, and never more of it than is allowed.
 *
 * The limit holds twice, for what arrives and for what it unpacks to, and is checked while the bytes
 * come in: a bomb of some kilobytes that would unpack to gigabytes is given up at the limit.
 *
 * Small gzip bodies, which is what exporters send, are unpacked in one step on this thread: making a
 * stream costs more than unpacking them. A gzip body ends with its own unpacked size, so smallness is
 * known beforehand, and the claim is enforced.
 */
import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip, gunzipSync, zstdDecompress } from "node:zlib";

export type ContentEncoding = "identity" | "gzip" | "zstd";

export type BodyResult =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "too_large" }
  | { readonly kind: "corrupt"; readonly message: string }
  /** The sender went away: nobody is left to answer. */
  | { readonly kind: "aborted" };

/** Up to this unpacked size a gzip body is unpacked on this thread: some 3 ms at most. */
const GUNZIP_HERE_MAX_BYTES = 1024 * 1024;

/** What a decompressor puts out at a time; its default of 16 KiB makes thousands of pieces. */
const UNPACKED_CHUNK_BYTES = 256 * 1024;

const unpackElsewhere = { gzip: promisify(gunzip), zstd: promisify(zstdDecompress) } as const;

/** The caller keeps an error listener on the request: a reset can come at any time. */
export async function readBody(
  request: IncomingMessage,
  contentEncoding: ContentEncoding,
  maxBytes: number,
): Promise<BodyResult> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return { kind: "too_large" };
  const body = await collect(request, maxBytes);
  if (body.kind !== "read" || contentEncoding === "identity") return body;
  return decompress(body.bytes, contentEncoding, maxBytes);
}

/**
 * Listens by hand: an async iterator would destroy the connection when left early. What comes after
 * a body was given up is thrown away, because the request keeps flowing with nobody listening.
 */
function collect(request: IncomingMessage, maxBytes: number): Promise<BodyResult> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let byteCount = 0;
    const finish = (result: BodyResult) => {
      request.off("data", onData).off("end", onEnd).off("close", onAborted);
      resolve(result);
    };
    const onData = (chunk: Buffer) => {
      byteCount += chunk.length;
      if (byteCount > maxBytes) finish({ kind: "too_large" });
      else chunks.push(chunk);
    };
    const onEnd = () => finish({ kind: "read", bytes: joined(chunks, byteCount) });
    const onAborted = () => finish({ kind: "aborted" });
    request.on("data", onData).on("end", onEnd).on("close", onAborted);
  });
}

/** One chunk is passed on as it is: it already belongs to this request alone. */
function joined(chunks: readonly Buffer[], byteCount: number): Uint8Array {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, byteCount);
}

async function decompress(bytes: Uint8Array, format: "gzip" | "zstd", maxBytes: number): Promise<BodyResult> {
  const unpackedHere = format === "gzip" ? gunzipHere(bytes, Math.min(maxBytes, GUNZIP_HERE_MAX_BYTES)) : null;
  if (unpackedHere !== null) return { kind: "read", bytes: unpackedHere };
  try {
    const limits = { maxOutputLength: maxBytes, chunkSize: UNPACKED_CHUNK_BYTES };
    return { kind: "read", bytes: await unpackElsewhere[format](bytes, limits) };
  } catch (error) {
    if (isOverLimit(error)) return { kind: "too_large" };
    return { kind: "corrupt", message: `the ${format} body is damaged: ${messageOf(error)}` };
  }
}

/** null when the body is large, or is not what it claims to be: the patient way then finds out why. */
function gunzipHere(bytes: Uint8Array, maxBytes: number): Uint8Array | null {
  const claimedBytes = claimedGzipBytes(bytes);
  if (claimedBytes > maxBytes) return null;
  try {
    // Room to spare, or the decompressor would ask for a second piece to find that there is none.
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, claimedBytes), chunkSize: claimedBytes + 64 });
  } catch {
    return null;
  }
}

/** RFC 1952: the last four bytes are the unpacked size modulo 2^32 (of the last member, if several). */
function claimedGzipBytes(bytes: Uint8Array): number {
  if (bytes.length < 18) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(bytes.length - 4, true);
}

function isOverLimit(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
