/**
 * The segment files of one signal: appended to at one end, removed whole at the other.
 *
 * A file is named after the offset of its first record, so the listing of the directory is the index.
 * Each run begins a file of its own and never writes into an earlier one. At opening only the newest
 * is read, since only there can a killed process have left half a record.
 */
import { mkdir, open, readdir, readFile, stat, truncate, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { UnixMillis } from "../../core/time.ts";
import type { FsyncPolicy } from "./queue-settings.ts";
import type { QueueRecord } from "./segment.ts";
import { encodeHeader, findTail, HEADER_BYTES, readHeader } from "./segment.ts";
import type { AppendFile, CreateFile } from "./segment-file.ts";

export type Segment = {
  readonly path: string;
  readonly firstOffset: number;
  /** When its first record was queued: everything in the segments before it is older. */
  readonly firstQueuedAt: UnixMillis;
  /** Grows while it is written. */
  readonly bytes: number;
  readonly endOffset: number;
};

type MutableSegment = { -readonly [Key in keyof Segment]: Segment[Key] };

type OpenSegment = { readonly segment: MutableSegment; readonly file: AppendFile };

export type StoreSettings = {
  readonly directory: string;
  readonly createFile: CreateFile;
  readonly segmentMaxBytes: number;
  readonly fsync: FsyncPolicy;
};

const FILE_NAME = /^\d{16}\.segment$/;

export class SegmentStore {
  readonly #settings: StoreSettings;
  /** Oldest first. */
  readonly #segments: MutableSegment[];
  /** The newest segment while it may still grow. */
  #active: OpenSegment | null = null;
  #isWriting = false;
  /** Full, and not yet made safe. */
  #unsynced: OpenSegment[] = [];
  #bytes: number;

  private constructor(settings: StoreSettings, segments: MutableSegment[]) {
    this.#settings = settings;
    this.#segments = segments;
    this.#bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  static async open(settings: StoreSettings): Promise<SegmentStore> {
    await mkdir(settings.directory, { recursive: true });
    return new SegmentStore(settings, await findSegments(settings.directory));
  }

  get bytes(): number {
    return this.#bytes;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** The offset after the newest record. */
  get endOffset(): number {
    return this.#segments.at(-1)?.endOffset ?? 0;
  }

  /** Writes all of them or none, and rejects when the disk fails; the next attempt begins a new file. */
  async write(records: readonly QueueRecord[]): Promise<void> {
    this.#isWriting = true;
    try {
      const { segment, file } = await this.#activeFor(records);
      const chunks = records.flatMap((record) => [encodeHeader(record), record.bytes]);
      await file.append(chunks);
      if (this.#settings.fsync === "always") await file.sync();
      const last = records.at(-1);
      const byteCount = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      segment.bytes += byteCount;
      segment.endOffset = last === undefined ? segment.endOffset : last.offset + last.itemCount;
      this.#bytes += byteCount;
    } catch (error) {
      await this.#seal();
      throw error;
    } finally {
      this.#isWriting = false;
    }
  }

  /** Resolves when everything written before is safe from a power cut. */
  async sync(): Promise<void> {
    // One by one off the list: after a failure the rest is still on it.
    for (let next = this.#unsynced.shift(); next !== undefined; next = this.#unsynced.shift()) {
      try {
        await next.file.sync();
      } finally {
        await next.file.close();
      }
    }
    await this.#active?.file.sync();
  }

  /** The segment that holds the offset, or else the first one after it. */
  segmentAt(offset: number): Segment | undefined {
    return this.#segments.find((segment) => segment.endOffset > offset);
  }

  /** The segment is taken out at once; its file goes a little later. Undefined when it is being written. */
  async removeOldest(): Promise<Segment | undefined> {
    const oldest = this.#segments[0];
    const isActive = oldest !== undefined && oldest === this.#active?.segment;
    if (oldest === undefined || (isActive && this.#isWriting)) return undefined;
    this.#segments.shift();
    this.#bytes -= oldest.bytes;
    await this.#abandon(oldest);
    await removeFile(oldest.path);
    return oldest;
  }

  /** Removes the segments that end at or before the offset, except the one that may still grow. */
  async removeBefore(offset: number): Promise<void> {
    for (;;) {
      const oldest = this.#segments[0];
      if (oldest === undefined || oldest === this.#active?.segment || oldest.endOffset > offset) return;
      await this.removeOldest();
    }
  }

  /** Leaves the files for the next run. */
  async close(): Promise<void> {
    if (this.#settings.fsync !== "never") await this.sync();
    await this.#seal();
    for (const { file } of this.#unsynced) await file.close();
  }

  /** Ends the newest segment; the next write begins another. */
  async #seal(): Promise<void> {
    const active = this.#active;
    this.#active = null;
    if (active === null) return;
    if (this.#settings.fsync === "interval") this.#unsynced.push(active);
    else await active.file.close();
  }

  /** An open file keeps its room on the disk though its name is gone. */
  async #abandon(segment: Segment): Promise<void> {
    const isOfSegment = (open: OpenSegment | null) => open?.segment === segment;
    const open = isOfSegment(this.#active) ? this.#active : this.#unsynced.find(isOfSegment);
    if (this.#active === open) this.#active = null;
    this.#unsynced = this.#unsynced.filter((candidate) => candidate !== open);
    // Its content is given up, so what the disk says to the closing does not matter.
    await open?.file.close().catch(() => undefined);
  }

  async #activeFor(records: readonly QueueRecord[]): Promise<OpenSegment> {
    if (this.#active !== null && this.#active.segment.bytes < this.#settings.segmentMaxBytes) return this.#active;
    await this.#seal();
    const firstOffset = records[0]?.offset ?? this.endOffset;
    const path = join(this.#settings.directory, `${String(firstOffset).padStart(16, "0")}.segment`);
    await this.#forgetFailed(path);
    const file = await this.#settings.createFile(path);
    const segment = { path, firstOffset, firstQueuedAt: records[0]?.queuedAt ?? 0, bytes: 0, endOffset: firstOffset };
    this.#segments.push(segment);
    this.#active = { segment, file };
    return this.#active;
  }

  /** A file of the same name was begun by a write that failed: it is empty. */
  async #forgetFailed(path: string): Promise<void> {
    const newest = this.#segments.at(-1);
    if (newest?.path !== path) return;
    this.#segments.pop();
    await this.#abandon(newest);
  }
}

async function findSegments(directory: string): Promise<MutableSegment[]> {
  const names = (await readdir(directory)).filter((name) => FILE_NAME.test(name)).sort();
  const segments: MutableSegment[] = [];
  for (const name of names) {
    const segment = await describeSegment(join(directory, name), Number.parseInt(name, 10));
    const previous = segments.at(-1);
    if (previous !== undefined) previous.endOffset = segment.firstOffset;
    segments.push(segment);
  }
  const newest = segments.at(-1);
  if (newest !== undefined) await mendTail(newest);
  const empty = segments.filter((segment) => segment.bytes === 0);
  await Promise.all(empty.map((segment) => removeFile(segment.path)));
  return segments.filter((segment) => segment.bytes > 0);
}

async function describeSegment(path: string, firstOffset: number): Promise<MutableSegment> {
  const { size, mtimeMs } = await stat(path);
  const header = await readFirstHeader(path);
  const firstQueuedAt = header?.queuedAt ?? mtimeMs;
  return { path, firstOffset, firstQueuedAt, bytes: size, endOffset: firstOffset };
}

async function readFirstHeader(path: string): Promise<ReturnType<typeof readHeader>> {
  const handle = await open(path, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return readHeader(buffer.subarray(0, bytesRead), 0);
  } finally {
    await handle.close();
  }
}

/** Cuts off half a record at the end: it was never acknowledged. */
async function mendTail(segment: MutableSegment): Promise<void> {
  const tail = findTail(await readFile(segment.path));
  const end = tail?.end ?? 0;
  if (end < segment.bytes) await truncate(segment.path, end);
  segment.bytes = end;
  segment.endOffset = tail?.nextOffset ?? segment.firstOffset;
}

/** A file that cannot be removed now is found by the next run, whose cursors have all passed it. */
async function removeFile(path: string): Promise<void> {
  await unlink(path).catch(() => undefined);
}
