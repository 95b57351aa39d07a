/**
 * Opens one signal's log with the readers of its exporters, and finds out where each goes on.
 */
import { mkdir, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Signal } from "../../core/otlp/verdict.ts";
import { CursorFile } from "./cursor-file.ts";
import type { DiskHealth } from "./disk-health.ts";
import { QueueReader } from "./queue-reader.ts";
import type { ForwardAccount, QueueParts, QueueSettings } from "./queue-settings.ts";
import { createSegmentFile } from "./segment-file.ts";
import { SegmentStore } from "./segment-store.ts";
import { SignalLog } from "./signal-log.ts";

/** Small against what is kept, so that dropping one loses little; large against a batch. */
const SEGMENT_MAX_BYTES = 16 * 1024 * 1024;
/** At least this many segments make up the bound. */
const SEGMENTS_MIN = 16;

const CURSOR_SUFFIX = ".cursor";

export type OpenParts = QueueParts & {
  readonly signal: Signal;
  readonly health: DiskHealth;
  readonly onCommitted: (log: SignalLog) => Promise<void>;
};

export type OpenedLog = { readonly log: SignalLog; readonly readers: readonly QueueReader[] };

export async function openLog(settings: QueueSettings, parts: OpenParts, account: ForwardAccount): Promise<OpenedLog> {
  const directory = settings.directory === null ? null : join(settings.directory, parts.signal);
  const exporters = parts.exporters.filter(({ signals }) => signals.includes(parts.signal)).map(({ name }) => name);
  const cursors = directory === null ? new Map<string, CursorFile>() : await openCursors(directory, exporters);
  const store = directory === null ? null : await openStore(directory, settings, parts);
  const endOffset = Math.max(store?.endOffset ?? 0, ...storedOffsets(cursors));
  const { signal, health, now } = parts;
  const log: SignalLog = new SignalLog(
    { signal, store, health, now, onCommitted: () => parts.onCommitted(log) },
    endOffset,
  );
  const readers = exporters.map((exporter) => {
    const cursor = cursors.get(exporter) ?? null;
    const readerParts = { ...parts, exporter, log, cursor, account, maxAgeMs: settings.maxAgeMs };
    return new QueueReader(readerParts, firstOffset(cursor, log));
  });
  if (directory !== null) await giveUpRemoved(directory, exporters, log, { ...parts, account });
  log.trim();
  return { log, readers };
}

function openStore(directory: string, settings: QueueSettings, parts: OpenParts): Promise<SegmentStore> {
  return SegmentStore.open({
    directory,
    createFile: parts.createFile ?? createSegmentFile,
    segmentMaxBytes: Math.min(SEGMENT_MAX_BYTES, settings.maxBytes / SEGMENTS_MIN),
    fsync: settings.fsync,
  });
}

async function openCursors(directory: string, exporters: readonly string[]): Promise<Map<string, CursorFile>> {
  await mkdir(directory, { recursive: true });
  return new Map(exporters.map((exporter) => [exporter, CursorFile.open(join(directory, cursorName(exporter)))]));
}

/** The cursor of an exporter that is gone from the configuration would hold back the removal of segments for good. */
async function giveUpRemoved(
  directory: string,
  exporters: readonly string[],
  log: SignalLog,
  { account, onTrouble, signal }: Pick<OpenParts, "account" | "onTrouble" | "signal">,
): Promise<void> {
  const wanted = new Set(exporters.map(cursorName));
  for (const name of await readdir(directory)) {
    if (!name.endsWith(CURSOR_SUFFIX) || wanted.has(name)) continue;
    const exporter = decodeURIComponent(name.slice(0, -CURSOR_SUFFIX.length));
    const cursor = CursorFile.open(join(directory, name));
    const items = log.endOffset - firstOffset(cursor, log);
    cursor.close();
    if (items > 0) {
      account.resumed(signal, exporter, items);
      account.dropped(signal, exporter, "exporter_removed", items);
    }
    onTrouble({ kind: "exporter_removed", exporter, signal, items: Math.max(0, items) });
    await unlink(join(directory, name));
  }
}

function cursorName(exporter: string): string {
  return `${encodeURIComponent(exporter)}${CURSOR_SUFFIX}`;
}

function storedOffsets(cursors: ReadonlyMap<string, CursorFile>): readonly number[] {
  return [...cursors.values()].map(({ stored }) => (stored.kind === "at" ? stored.offset : 0));
}

function firstOffset(cursor: CursorFile | null, log: SignalLog): number {
  const stored = cursor?.stored ?? { kind: "absent" };
  switch (stored.kind) {
    case "at":
      return stored.offset;
    case "absent":
      return log.endOffset;
    case "unreadable":
      return log.store?.segments[0]?.firstOffset ?? log.endOffset;
  }
}
