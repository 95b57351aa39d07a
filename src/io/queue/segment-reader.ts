/**
 * Reads one signal's records back from its segment files, for one exporter that has fallen behind.
 *
 * It reads on in large pieces and hands out views of them. Damage is passed over: whoever takes the
 * records sees from their offsets what is missing.
 */
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import type { QueueRecord } from "./segment.ts";
import { parseRecord } from "./segment.ts";
import type { Segment, SegmentStore } from "./segment-store.ts";

const PIECE_BYTES = 2 * 1024 * 1024;

type Place = { readonly segment: Segment; readonly handle: FileHandle; position: number };

export class SegmentReader {
  readonly #store: SegmentStore;
  readonly #onUnreadable: (cause: unknown) => void;
  #place: Place | null = null;

  /** A segment that the disk refuses to read is told of and passed over; one removed meanwhile is only passed over. */
  constructor(store: SegmentStore, onUnreadable: (cause: unknown) => void) {
    this.#store = store;
    this.#onUnreadable = onUnreadable;
  }

  /**
   * Some records at or after the offset, in order; none when the files hold none. Offsets asked for
   * must not go back.
   */
  async read(offset: number): Promise<readonly QueueRecord[]> {
    let wanted = offset;
    for (;;) {
      const segment = this.#store.segmentAt(wanted);
      if (segment === undefined) return [];
      try {
        const place = await this.#moveTo(segment);
        const records = place.position < segment.bytes ? await readPiece(place, wanted) : null;
        if (records === null) wanted = segment.endOffset;
        else if (records.length > 0) return records;
      } catch (cause) {
        if (this.#store.segments.includes(segment)) this.#onUnreadable(cause);
        wanted = segment.endOffset;
      }
    }
  }

  async close(): Promise<void> {
    const handle = this.#place?.handle;
    this.#place = null;
    await handle?.close();
  }

  async #moveTo(segment: Segment): Promise<Place> {
    if (this.#place?.segment === segment) return this.#place;
    await this.close();
    this.#place = { segment, handle: await open(segment.path, "r"), position: 0 };
    return this.#place;
  }
}

/** Moves the place past what it read; records before the wanted offset are left out. */
async function readPiece(place: Place, wanted: number): Promise<readonly QueueRecord[]> {
  const start = place.position;
  const rest = place.segment.bytes - start;
  for (let size = Math.min(PIECE_BYTES, rest); ; ) {
    const { buffer, bytesRead } = await place.handle.read(Buffer.allocUnsafeSlow(size), 0, size, start);
    const { records, end, neededBytes } = parsePiece(buffer.subarray(0, bytesRead), wanted);
    place.position = start + end;
    if (end > 0) return records;
    // Not one whole record: it is larger than the piece, or it is torn and the file is at its end.
    if (neededBytes > rest || bytesRead < size) {
      place.position = start + rest;
      return records;
    }
    size = neededBytes;
  }
}

function parsePiece(piece: Buffer, wanted: number) {
  const records: QueueRecord[] = [];
  for (let end = 0; ; ) {
    const parsed = parseRecord(piece, end);
    if (parsed.kind === "incomplete") return { records, end, neededBytes: parsed.neededBytes };
    end = parsed.end;
    if (parsed.kind === "record" && parsed.record.offset >= wanted) records.push(parsed.record);
  }
}
