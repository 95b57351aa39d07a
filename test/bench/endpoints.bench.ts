/**
 * What very many endpoints cost: memory, time a span, and the start from what was remembered of them.
 *
 * One rule, as most installations watch most endpoints; every endpoint has been seen, and in the second
 * case one request in twenty has failed, which fills the list of series that are watched closely.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine } from "../../src/core/engine.ts";
import type { Instant } from "../../src/core/time.ts";
import { SECOND_MS } from "../../src/core/time.ts";
import { DATABASE_FILE } from "../../src/io/sqlite/database.ts";
import { Store } from "../../src/io/sqlite/store.ts";
import { restoreCheckpoints, saveCheckpoints } from "../../src/service/checkpoints.ts";
import { Random } from "../support/random.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import type { Row, Table } from "./bench.ts";
import { cpuSeconds } from "./measure.ts";
import { encodeTraces, routeOf, shortServerSpan } from "./trace-batches.ts";

export const name = "endpoints";
export const description = "memory and time with a million endpoints, and the start with 100,000";
export const pace = "long";

const SETTINGS = { clientKey: [1, 2, 3, 4], endpointsPerServiceMax: 1_000_000, endpointsMax: 1_000_000 } as const;
const ONE_RULE = ruleSetOf(
  'rules: [{id: http-401, match: {service: "*"}, count: {outcome: unauthenticated}}]\nroutes: [{notify: [log]}]\n',
);
const START = Date.UTC(2026, 0, 5);
const SPANS_PER_BATCH = 512;
const SERVICES = 200;

export function* run(): Generator<Table> {
  yield {
    title: "an engine with one rule, each endpoint seen twice",
    columns: ["MB", "bytes an endpoint", "ns a span, first", "ns a span, later"],
    rows: [
      fill("1,000 endpoints, none failed", { endpointCount: 1_000, failureShare: 0 }),
      fill("100,000 endpoints, none failed", { endpointCount: 100_000, failureShare: 0 }),
      fill("100,000 endpoints, 5 % failed", { endpointCount: 100_000, failureShare: 0.05 }),
      fill("1,000,000 endpoints, none failed", { endpointCount: 1_000_000, failureShare: 0 }),
    ],
    notes: ["target: 1,000,000 endpoints in at most 400 MB, cost of a span independent of their number"],
  };
  yield {
    title: "start with 100,000 endpoints from SQLite",
    columns: ["database MB", "save s", "open s", "restore s"],
    rows: [restart("none failed", 0), restart("5 % failed", 0.05)],
    notes: ["target: ready in less than 1 s"],
  };
}

type Fleet = { readonly endpointCount: number; readonly failureShare: number };

function fill(rowName: string, fleet: Fleet): Row {
  const before = heldBytes();
  const engine = new Engine(SETTINGS, ONE_RULE);
  const first = visit(engine, fleet, START);
  // What it has learned is written now and then, in slices as the service does.
  while (engine.checkpoint(1_000).length > 0);
  const later = visit(engine, fleet, START + 60 * SECOND_MS);
  while (engine.checkpoint(1_000).length > 0);
  const bytes = heldBytes() - before;
  if (engine.endpoints.size < fleet.endpointCount) throw new Error(`only ${engine.endpoints.size} endpoints`);
  return { name: rowName, figures: [bytes / 1e6, bytes / fleet.endpointCount, first, later] };
}

/** One request to each endpoint, within a minute. Returns nanoseconds of processor time a span. */
function visit(engine: Engine, { endpointCount, failureShare }: Fleet, startAt: number): number {
  const random = new Random(startAt);
  let seconds = 0;
  for (let first = 0; first < endpointCount; first += SPANS_PER_BATCH) {
    const count = Math.min(SPANS_PER_BATCH, endpointCount - first);
    const spans = Array.from({ length: count }, (_, index) =>
      shortServerSpan(routeOf(first + index), random.chance(failureShare), random),
    );
    const bytes = encodeTraces(`service-${(first / SPANS_PER_BATCH) % SERVICES}`, spans);
    const at = startAt + (60 * SECOND_MS * first) / endpointCount;
    const startedAt = cpuSeconds();
    engine.ingest(bytes, instant(at));
    seconds += cpuSeconds() - startedAt;
  }
  return (seconds * 1e9) / endpointCount;
}

function heldBytes(): number {
  globalThis.gc?.();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function restart(rowName: string, failureShare: number): Row {
  const directory = mkdtempSync(join(tmpdir(), "authspike-bench-"));
  const engine = new Engine(SETTINGS, ONE_RULE);
  for (let minute = 0; minute < 3; minute++) {
    visit(engine, { endpointCount: 100_000, failureShare }, START + 60 * SECOND_MS * minute);
  }
  const now = instant(START + 180 * SECOND_MS);
  const firstRun = Store.open(directory);
  const save = secondsOf(() => saveCheckpoints(firstRun.checkpoints, engine, now));
  firstRun.close();
  let store = firstRun;
  const open = secondsOf(() => {
    store = Store.open(directory);
  });
  const restored = new Engine(SETTINGS, ONE_RULE);
  const restore = secondsOf(() => restoreCheckpoints(store.checkpoints, restored, now));
  const megabytes = databaseMegabytes(directory);
  store.close();
  rmSync(directory, { recursive: true });
  if (restored.seriesCount !== engine.seriesCount) throw new Error(`only ${restored.seriesCount} series came back`);
  return { name: rowName, figures: [megabytes, save, open, restore] };
}

function databaseMegabytes(directory: string): number {
  return statSync(join(directory, DATABASE_FILE)).size / 1e6;
}

function secondsOf(work: () => void): number {
  const startedAt = performance.now();
  work();
  return (performance.now() - startedAt) / 1000;
}

function instant(at: number): Instant {
  return { steady: at, wall: at };
}
