/**
 * Feeds a file of export requests to an engine and tells what that took: processor time and memory.
 *
 * It runs alone in its process, set up as the service sets itself up, and makes nothing but what the
 * engine makes: the requests come from a file, one after another into the same buffer.
 */
import { openSync, readSync } from "node:fs";
import { setImmediate, setTimeout } from "node:timers/promises";
import type { UnixMillis } from "../../src/core/time.ts";
import { SECOND_MS } from "../../src/core/time.ts";
import { tuneGarbageCollection } from "../../src/io/platform/garbage-collection.ts";
import { cpuSeconds } from "./measure.ts";

const START = Date.UTC(2026, 0, 5);
/** Longer than spans are remembered, so that those of the next visit are no repetitions. */
const VISIT_EVERY_MS = 400 * SECOND_MS;
const VISITS = 3;
const REQUEST_EVERY_MS = 20;
/** As a round of checkpoints does it. */
const SLICE = 50;
/** V8 gives back pages that it does not need when it has been left alone for some seconds. */
const REST_MS = 12 * SECOND_MS;

export type FilledEngine = {
  readonly residentBytes: number;
  readonly endpointCount: number;
  readonly seriesCount: number;
  readonly watchedCount: number;
  /** For each visit. */
  readonly nanosecondsPerSpan: readonly number[];
};

// Before anything else is loaded, as the service does it.
tuneGarbageCollection();
const { Engine } = await import("../../src/core/engine.ts");
const { ENDPOINT_SETTINGS, rulesNamed } = await import("./endpoint-fleet.ts");
const [file = "", rules = ""] = process.argv.slice(2);
const engine = new Engine(ENDPOINT_SETTINGS, rulesNamed(rules));
const nanosecondsPerSpan: number[] = [];
for (let visit = 0; visit < VISITS; visit++) nanosecondsPerSpan.push(await play(START + visit * VISIT_EVERY_MS));
await setTimeout(REST_MS);
const filled: FilledEngine = {
  residentBytes: process.memoryUsage.rss(),
  endpointCount: engine.endpoints.size,
  seriesCount: engine.seriesCount,
  watchedCount: engine.watchedSeries.watchedCount,
  nanosecondsPerSpan,
};
console.log(JSON.stringify(filled));

async function play(startAt: UnixMillis): Promise<number> {
  const descriptor = openSync(file, "r");
  const buffer = Buffer.alloc(1 << 20);
  let seconds = 0;
  let spanCount = 0;
  for (let count = 0; readSync(descriptor, buffer, 0, 4, null) === 4; count++) {
    const length = buffer.readUInt32LE(0);
    readSync(descriptor, buffer, 0, length, null);
    const at = startAt + count * REQUEST_EVERY_MS;
    const startedAt = cpuSeconds();
    const result = engine.ingest(buffer.subarray(0, length), { steady: at, wall: at });
    seconds += cpuSeconds() - startedAt;
    if (result.kind === "ingested") spanCount += result.spanCount;
    if (count % 8 === 0) await setImmediate();
  }
  while (engine.checkpoint(SLICE).length > 0) await setImmediate();
  return (seconds * 1e9) / spanCount;
}
