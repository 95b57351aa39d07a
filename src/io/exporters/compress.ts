/**
 * Packs requests with gzip, for both protocols alike, on a thread of libuv's pool.
 *
 * Level 1: it costs less than half the processor time of the default level and makes requests of
 * spans only a few percent larger.
 */
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const GZIP_LEVEL = 1;
/** Below this gzip costs more than the bytes it saves. */
const GZIP_MIN_BYTES = 1024;
/** What the compressor puts out at a time; its default of 16 KiB makes dozens of pieces of a batch. */
const PACKED_CHUNK_BYTES = 128 * 1024;

const packElsewhere = promisify(gzip);

/** null when packing does not pay. The bytes must stay as they are until then. */
export async function compress(bytes: Uint8Array): Promise<Uint8Array | null> {
  if (bytes.length < GZIP_MIN_BYTES) return null;
  return packElsewhere(bytes, { level: GZIP_LEVEL, chunkSize: PACKED_CHUNK_BYTES });
}
