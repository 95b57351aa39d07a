/**
 * How far one exporter has got with one signal, kept across restarts.
 *
 * It is written at every acknowledgement, in place and at once: 12 bytes into the page cache, which
 * a killed process cannot tear. A power cut can, so two slots take turns and the higher offset with a
 * right checksum counts; offsets only grow. Should both be lost, everything still kept is sent again.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";

export type StoredCursor =
  | { readonly kind: "at"; readonly offset: number }
  /** The exporter is new. */
  | { readonly kind: "absent" }
  | { readonly kind: "unreadable" };

const SLOT_BYTES = 12;
/** A sector apart: one torn sector leaves the other slot whole. */
const SLOT_POSITIONS = [0, 512] as const;

export class CursorFile {
  readonly stored: StoredCursor;
  readonly #descriptor: number;
  readonly #slot = Buffer.alloc(SLOT_BYTES);
  #writeCount = 0;

  private constructor(descriptor: number, stored: StoredCursor) {
    this.#descriptor = descriptor;
    this.stored = stored;
  }

  static open(path: string): CursorFile {
    const { descriptor, isNew } = openOrCreate(path);
    return new CursorFile(descriptor, isNew ? { kind: "absent" } : readCursor(descriptor));
  }

  /** Throws when the disk fails. Skipping a write is safe: what follows the cursor is sent again. */
  write(offset: number): void {
    this.#slot.writeDoubleLE(offset, 0);
    this.#slot.writeUInt32LE(crc32(this.#slot.subarray(0, 8)), 8);
    const position = SLOT_POSITIONS[this.#writeCount++ % 2] ?? 0;
    writeSync(this.#descriptor, this.#slot, 0, SLOT_BYTES, position);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function openOrCreate(path: string): { readonly descriptor: number; readonly isNew: boolean } {
  try {
    return { descriptor: openSync(path, "r+"), isNew: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { descriptor: openSync(path, "w+"), isNew: true };
  }
}

function readCursor(descriptor: number): StoredCursor {
  const offsets = SLOT_POSITIONS.map((position) => readSlot(descriptor, position)).filter((offset) => offset !== null);
  return offsets.length === 0 ? { kind: "unreadable" } : { kind: "at", offset: Math.max(...offsets) };
}

function readSlot(descriptor: number, position: number): number | null {
  const slot = Buffer.alloc(SLOT_BYTES);
  if (readSync(descriptor, slot, 0, SLOT_BYTES, position) < SLOT_BYTES) return null;
  return crc32(slot.subarray(0, 8)) === slot.readUInt32LE(8) ? slot.readDoubleLE(0) : null;
}
