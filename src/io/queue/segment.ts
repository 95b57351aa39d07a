/**
 * One record of the queue as it lies in a segment file, and how a damaged file is read.
 *
 * A record is found by its offset: the number of items that were queued for its signal before it.
 * The offset stands in every header, so the gap between two records tells exactly how many items a
 * damaged stretch has cost, without an index and without reading what is damaged.
 *
 * | at | bytes | |
 * |---|---|---|
 * | 0 | 4 | `ASQ1` |
 * | 4 | 1 | signal; 3 bytes zero |
 * | 8 | 4 | length of the payload |
 * | 12 | 4 | items in the payload |
 * | 16 | 8 | offset, a double: exact up to 2^53 items |
 * | 24 | 8 | time of queueing, a double: milliseconds of the steady clock |
 * | 32 | 4 | CRC-32 of the payload |
 * | 36 | 4 | CRC-32 of the 36 bytes before: a length that passes it can be trusted to skip by |
 */
import { crc32 } from "node:zlib";
import type { Signal } from "../../core/otlp/verdict.ts";
import { SIGNALS } from "../../core/otlp/verdict.ts";
import type { UnixMillis } from "../../core/time.ts";

export type QueueRecord = {
  readonly signal: Signal;
  /** A serialized export request. */
  readonly bytes: Uint8Array;
  /** At least 1. */
  readonly itemCount: number;
  /** Items queued before this record; the next record's offset is this plus `itemCount`. */
  readonly offset: number;
  readonly queuedAt: UnixMillis;
};

export type ParsedRecord =
  /** `end` is the position after it. The payload is a view of the buffer. */
  | { readonly kind: "record"; readonly record: QueueRecord; readonly end: number }
  /** Nothing readable up to `end`, which is past the position asked for. */
  | { readonly kind: "damaged"; readonly end: number }
  /** The buffer ends too early to tell; with this many bytes from the position on it would not. */
  | { readonly kind: "incomplete"; readonly neededBytes: number };

export const HEADER_BYTES = 40;

const MAGIC = Buffer.from("ASQ1");
const CHECKED_BYTES = 36;

export function encodeHeader(record: QueueRecord): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt8(SIGNALS.indexOf(record.signal), 4);
  header.writeUInt32LE(record.bytes.length, 8);
  header.writeUInt32LE(record.itemCount, 12);
  header.writeDoubleLE(record.offset, 16);
  header.writeDoubleLE(record.queuedAt, 24);
  header.writeUInt32LE(crc32(record.bytes), 32);
  header.writeUInt32LE(crc32(header.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  return header;
}

/** Reads the record that should begin at the position. */
export function parseRecord(buffer: Buffer, position: number): ParsedRecord {
  if (buffer.length - position < HEADER_BYTES) return { kind: "incomplete", neededBytes: HEADER_BYTES };
  const header = readHeader(buffer, position);
  if (header === null) return { kind: "damaged", end: findHeader(buffer, position + 1) };
  const start = position + HEADER_BYTES;
  const end = start + header.payloadBytes;
  if (end > buffer.length) return { kind: "incomplete", neededBytes: end - position };
  const bytes = buffer.subarray(start, end);
  if (crc32(bytes) !== header.payloadCrc) return { kind: "damaged", end };
  const { signal, itemCount, offset, queuedAt } = header;
  return { kind: "record", record: { signal, bytes, itemCount, offset, queuedAt }, end };
}

/** Where the last whole record of a file ends, and the offset after it; null when there is none. */
export function findTail(file: Buffer): { readonly end: number; readonly nextOffset: number } | null {
  let tail: { end: number; nextOffset: number } | null = null;
  let position = 0;
  for (;;) {
    const parsed = parseRecord(file, position);
    if (parsed.kind === "incomplete") return tail;
    position = parsed.end;
    if (parsed.kind === "record") {
      tail = { end: parsed.end, nextOffset: parsed.record.offset + parsed.record.itemCount };
    }
  }
}

type RecordHeader = Omit<QueueRecord, "bytes"> & { readonly payloadBytes: number; readonly payloadCrc: number };

/** null when no intact header begins at the position. */
export function readHeader(buffer: Buffer, position: number): RecordHeader | null {
  if (buffer.length - position < HEADER_BYTES) return null;
  if (buffer.compare(MAGIC, 0, MAGIC.length, position, position + MAGIC.length) !== 0) return null;
  const checked = buffer.subarray(position, position + CHECKED_BYTES);
  if (crc32(checked) !== buffer.readUInt32LE(position + CHECKED_BYTES)) return null;
  const signal = SIGNALS[buffer.readUInt8(position + 4)];
  if (signal === undefined) return null;
  return {
    signal,
    payloadBytes: buffer.readUInt32LE(position + 8),
    itemCount: buffer.readUInt32LE(position + 12),
    offset: buffer.readDoubleLE(position + 16),
    queuedAt: buffer.readDoubleLE(position + 24),
    payloadCrc: buffer.readUInt32LE(position + 32),
  };
}

/** The next intact header, or, without one, the last place where one may begin and be cut off. */
function findHeader(buffer: Buffer, start: number): number {
  for (let position = start; ; position++) {
    position = buffer.indexOf(MAGIC, position);
    if (position === -1) return Math.max(start, buffer.length - HEADER_BYTES + 1);
    if (buffer.length - position < HEADER_BYTES || readHeader(buffer, position) !== null) return position;
  }
}
