/** Recordings of `test/fixtures/instrumentations`, several times over: their few requests alone prove little. */
import { readFileSync } from "node:fs";

const FIXTURES = new URL("../fixtures/instrumentations/", import.meta.url);
const ID = /"(traceId|spanId|parentSpanId)":"([0-9a-f]{4})/g;
/** Moves the first digits of every id by so much for each copy; a prime, so that no two copies meet. */
const ID_STEP = 4099;

/** `recording` as in `go/otelmux.jsonl`. Each copy has ids of its own. */
export function repeatedRecording(recording: string, times: number): string {
  const text = readFileSync(new URL(recording, FIXTURES), "utf8").trimEnd();
  const copies = Array.from({ length: times }, (_, copy) =>
    text.replace(ID, (_match, key: string, start: string) => {
      const moved = (Number.parseInt(start, 16) + ID_STEP * copy) % 0x10000;
      return `"${key}":"${moved.toString(16).padStart(4, "0")}`;
    }),
  );
  return copies.join("\n");
}
