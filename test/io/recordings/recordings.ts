/** Recordings for tests: texts and bytes as files would hold them, read in chunks of a chosen size. */
import { Readable } from "node:stream";
import type { RecordingOptions } from "../../../src/io/recordings/read-recording.ts";
import { readRecording } from "../../../src/io/recordings/read-recording.ts";
import type { RecordedItem } from "../../../src/io/recordings/recorded-item.ts";

const OPTIONS: RecordingOptions = { format: null, accessLog: { service: "web", environment: "prod" } };

export async function itemsOf(
  content: string | Uint8Array,
  { chunkBytes = 7, ...options }: Partial<RecordingOptions> & { readonly chunkBytes?: number } = {},
): Promise<readonly RecordedItem[]> {
  const stdin = Readable.from(chunksOf(Buffer.from(content), chunkBytes), { objectMode: false });
  const items: RecordedItem[] = [];
  for await (const batch of readRecording({ name: "-", stdin }, { ...OPTIONS, ...options })) items.push(...batch);
  return items;
}

/** Of the requests alone. */
export async function requestsOf(...args: Parameters<typeof itemsOf>) {
  const items = await itemsOf(...args);
  return items.flatMap((item) => (item.kind === "request" ? [item.request] : []));
}

/** `<stdin>:2:9: AR103: message`, of the faulty lines alone. */
export async function faultsOf(...args: Parameters<typeof itemsOf>): Promise<readonly string[]> {
  const items = await itemsOf(...args);
  return items.flatMap((item) =>
    item.kind === "faulty"
      ? item.fault.diagnostics.map(
          ({ file, line, column, code, message }) => `${file}:${line}:${column}: ${code}: ${message}`,
        )
      : [],
  );
}

/** As the Collector's file exporter writes `format: proto`. */
export function framed(...messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    messages.map((message) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(message.length);
      return Buffer.concat([length, message]);
    }),
  );
}

function* chunksOf(bytes: Buffer, chunkBytes: number): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
}
