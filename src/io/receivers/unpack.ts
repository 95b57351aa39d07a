/**
 * Unpacks a request, and never more of it than is allowed: a bomb of some kilobytes that would come
 * to gigabytes is given up at the limit.
 *
 * Small gzip requests, which is what exporters send, are unpacked in one step on this thread: making
 * a stream costs more than unpacking them. Gzip data ends with its own unpacked size, so smallness
 * is known beforehand, and the claim is enforced.
 *
 * The others take turns: a hundred small bombs that come at once would else be unpacked side by side,
 * and come to gigabytes together though each of them keeps to the limit.
 */
import { promisify } from "node:util";
import { gunzip, gunzipSync, zstdDecompress } from "node:zlib";
import type { ReceiverLimits } from "./receiver-limits.ts";

export type PackedFormat = "gzip" | "zstd";

export type Unpacked =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "too_large" }
  | { readonly kind: "corrupt"; readonly message: string }
  /** Too many wait for their turn already. */
  | { readonly kind: "crowded" };

/** Up to this unpacked size gzip data is unpacked on this thread: some 3 ms at most. */
const GUNZIP_HERE_MAX_BYTES = 1024 * 1024;

/** What a decompressor puts out at a time; its default of 16 KiB makes thousands of pieces. */
const UNPACKED_CHUNK_BYTES = 256 * 1024;

/** Turns, and what may wait for one. */
export type UnpackingLimits = Pick<ReceiverLimits, "unpackingTurns" | "waitingBodies" | "waitingBytes">;

const unpackElsewhere = { gzip: promisify(gunzip), zstd: promisify(zstdDecompress) } as const;

export class Unpacker {
  readonly #limits: UnpackingLimits;

  constructor(limits: UnpackingLimits) {
    this.#limits = limits;
  }

  /** Never more than `maxBytes` are produced, whatever the packed bytes would come to. */
  async unpack(bytes: Uint8Array, format: PackedFormat, maxBytes: number): Promise<Unpacked> {
    const unpackedHere = format === "gzip" ? gunzipHere(bytes, Math.min(maxBytes, GUNZIP_HERE_MAX_BYTES)) : null;
    if (unpackedHere !== null) return { kind: "read", bytes: unpackedHere };
    const hasTurn = this.#limits.unpackingTurns.tryTake(1) || (await this.#waitForTurn(bytes.length));
    if (!hasTurn) return { kind: "crowded" };
    try {
      return await unpackInTurn(bytes, format, maxBytes);
    } finally {
      this.#limits.unpackingTurns.giveBack(1);
    }
  }

  /** False when too many wait already. */
  async #waitForTurn(byteCount: number): Promise<boolean> {
    const { unpackingTurns, waitingBodies, waitingBytes } = this.#limits;
    if (!waitingBodies.tryTake(1)) return false;
    const hasRoom = waitingBytes.tryTake(byteCount);
    if (hasRoom) {
      await unpackingTurns.take(1);
      waitingBytes.giveBack(byteCount);
    }
    waitingBodies.giveBack(1);
    return hasRoom;
  }
}

async function unpackInTurn(bytes: Uint8Array, format: PackedFormat, maxBytes: number): Promise<Unpacked> {
  try {
    const limits = { maxOutputLength: maxBytes, chunkSize: UNPACKED_CHUNK_BYTES };
    return { kind: "read", bytes: await unpackElsewhere[format](bytes, limits) };
  } catch (error) {
    if (isOverLimit(error)) return { kind: "too_large" };
    return { kind: "corrupt", message: `the ${format} data is damaged: ${messageOf(error)}` };
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
