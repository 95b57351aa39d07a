/**
 * A segment file while it is written: bytes go to its end, all of them or none.
 *
 * The kernel may take a part of a write before it finds the disk full. That part is cut off again, so
 * that what follows a failure begins where the last success ended.
 */
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { dirname } from "node:path";

export interface AppendFile {
  /** When it rejects, the file is as it was before. */
  append(chunks: readonly Uint8Array[]): Promise<void>;
  /** Resolves when what was appended survives a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export type CreateFile = (path: string) => Promise<AppendFile>;

/** Begins an empty file; one that lies there already holds nothing that was ever acknowledged. */
export async function createSegmentFile(path: string): Promise<AppendFile> {
  return new SegmentFile(await open(path, "w"), dirname(path));
}

class SegmentFile implements AppendFile {
  readonly #handle: FileHandle;
  readonly #directory: string;
  #length = 0;
  #isNameSynced = false;

  constructor(handle: FileHandle, directory: string) {
    this.#handle = handle;
    this.#directory = directory;
  }

  async append(chunks: readonly Uint8Array[]): Promise<void> {
    try {
      this.#length = await writeAll(this.#handle, chunks, this.#length);
    } catch (error) {
      // A torn end that cannot be cut off is skipped by whoever reads the file.
      await this.#handle.truncate(this.#length).catch(() => undefined);
      throw error;
    }
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
    if (this.#isNameSynced) return;
    await syncDirectory(this.#directory);
    this.#isNameSynced = true;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Returns the position after the last byte. */
async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[], start: number): Promise<number> {
  let position = start;
  let rest = chunks;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, position);
    position += bytesWritten;
    rest = afterFirst(rest, bytesWritten);
  }
  return position;
}

function afterFirst(chunks: readonly Uint8Array[], byteCount: number): readonly Uint8Array[] {
  let skipped = 0;
  for (const [index, chunk] of chunks.entries()) {
    if (skipped + chunk.length > byteCount) return [chunk.subarray(byteCount - skipped), ...chunks.slice(index + 1)];
    skipped += chunk.length;
  }
  return [];
}

/** Without this a power cut may take the file's name, and with it a file whose content is safe. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
