/**
 * Unpacks a request, and never more of it than is allowed: a bomb of some kilobytes that would come
 * to gigabytes is given up at the limit.
 *
 * Packed data mostly tells its unpacked size, and gets room for all of it at once, so that nothing is
 * copied together in the end. A claim that proves wrong costs copies and gains nothing.
 *
 * Small requests, which is what exporters send, are unpacked in one step on this thread: making a
 * stream costs more than unpacking them. The others take turns: a hundred bombs that come at once
 * would else be unpacked side by side, and come to gigabytes together though each keeps to the limit.
 */
import { createGunzip, createInflate, createZstdDecompress, gunzipSync, zstdDecompressSync } from "node:zlib";
import { freeBytes } from "../../core/free-bytes.ts";
import type { PackedFormat } from "./packed-claims.ts";
import { claimedBytes, hasSeveralFrames } from "./packed-claims.ts";
import type { ReceiverLimits } from "./receiver-limits.ts";

export type Unpacked =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "too_large" }
  | { readonly kind: "corrupt"; readonly message: string }
  /** Too many wait for their turn already. */
  | { readonly kind: "crowded" };

/** Up to this unpacked size data is unpacked on this thread: some 3 ms at most. */
const UNPACKED_HERE_MAX_BYTES = 1024 * 1024;

/** What a decompressor puts out at a time when it is not known how much comes; 16 KiB make thousands of pieces. */
const PIECE_BYTES = 256 * 1024;
/** Room to spare, or the decompressor would ask for a second piece to find that there is none. */
const SPARE_BYTES = 64;

/** Turns, and what may wait for one. */
export type UnpackingLimits = Pick<ReceiverLimits, "unpackingTurns" | "waitingBodies" | "waitingBytes">;

export class Unpacker {
  readonly #limits: UnpackingLimits;

  constructor(limits: UnpackingLimits) {
    this.#limits = limits;
  }

  /** Never more than `maxBytes` are produced, whatever the packed bytes would come to. */
  async unpack(bytes: Uint8Array, format: PackedFormat, maxBytes: number): Promise<Unpacked> {
    // Node would pass over all but the first, and nobody would know.
    if (format === "zstd" && hasSeveralFrames(bytes)) return { kind: "corrupt", message: SEVERAL_FRAMES };
    const expectedBytes = believableClaim(bytes, format, maxBytes);
    const unpackedHere = unpackHere(bytes, format, expectedBytes);
    if (unpackedHere !== null) return { kind: "read", bytes: unpackedHere };
    const hasTurn = this.#limits.unpackingTurns.tryTake(1) || (await this.#waitForTurn(bytes.length));
    if (!hasTurn) return { kind: "crowded" };
    try {
      return await unpackInTurn(bytes, format, { maxBytes, expectedBytes });
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

const SEVERAL_FRAMES = "the zstd data has more than one frame: send one";

/** 0 when there is none: what is cut off ends with any number, and is better called corrupt than large. */
function believableClaim(bytes: Uint8Array, format: PackedFormat, maxBytes: number): number {
  const claimed = claimedBytes(bytes, format) ?? 0;
  return claimed <= maxBytes ? claimed : 0;
}

/** null when the body is large, or is not what it claims to be: the patient way then finds out why. */
function unpackHere(bytes: Uint8Array, format: PackedFormat, expectedBytes: number): Uint8Array | null {
  if (expectedBytes === 0 || expectedBytes > UNPACKED_HERE_MAX_BYTES) return null;
  const options = { maxOutputLength: expectedBytes, chunkSize: expectedBytes + SPARE_BYTES };
  try {
    return format === "gzip" ? gunzipSync(bytes, options) : zstdDecompressSync(bytes, options);
  } catch {
    return null;
  }
}

const createUnpacker = { gzip: createGunzip, zstd: createZstdDecompress, deflate: createInflate } as const;

/** Resolves when all memory that it took is given back, or part of the result. */
function unpackInTurn(
  bytes: Uint8Array,
  format: PackedFormat,
  { expectedBytes, maxBytes }: { readonly expectedBytes: number; readonly maxBytes: number },
): Promise<Unpacked> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let byteCount = 0;
    let unpacked: Unpacked = { kind: "corrupt", message: `the ${format} data is damaged` };
    const stream = createUnpacker[format]({ chunkSize: Math.max(PIECE_BYTES, expectedBytes + SPARE_BYTES) });
    stream.on("data", (piece: Buffer) => {
      pieces.push(piece);
      byteCount += piece.length;
      if (byteCount <= maxBytes) return;
      unpacked = { kind: "too_large" };
      stream.destroy();
    });
    stream.on("error", ({ message }) => {
      unpacked = { kind: "corrupt", message: `the ${format} data is damaged: ${message}` };
    });
    stream.on("end", () => {
      unpacked = { kind: "read", bytes: joined(pieces, byteCount) };
    });
    stream.on("close", () => {
      freePieces(pieces, unpacked);
      resolve(unpacked);
    });
    stream.end(bytes);
  });
}

/** One piece is passed on as it is, unless more room was made for it than it fills. */
function joined(pieces: readonly Buffer[], byteCount: number): Uint8Array {
  const [only] = pieces;
  const isWhole = pieces.length === 1 && only !== undefined && only.buffer.byteLength - only.length <= SPARE_BYTES;
  return isWhole ? only : Buffer.concat(pieces, byteCount);
}

/** The last one's buffer may be where a stream that was broken off still writes to. */
function freePieces(pieces: readonly Buffer[], unpacked: Unpacked): void {
  const kept = unpacked.kind === "read" ? unpacked.bytes.buffer : pieces.at(-1)?.buffer;
  for (const piece of pieces) if (piece.buffer !== kept) freeBytes(piece);
}
