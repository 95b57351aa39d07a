/**
 * What very many endpoints cost: memory, time a span, and the start from what was remembered of them.
 *
 * Memory is that of a whole process, set up as the service is, over that of one which has had as many
 * requests to a thousand endpoints. Every endpoint is visited three times.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Engine } from "../../src/core/engine.ts";
import type { Instant } from "../../src/core/time.ts";
import { MINUTE_MS } from "../../src/core/time.ts";
import { DATABASE_FILE } from "../../src/io/sqlite/database.ts";
import { Store } from "../../src/io/sqlite/store.ts";
import { restoreCheckpoints, saveCheckpoints } from "../../src/service/checkpoints.ts";
import type { Row, Table } from "./bench.ts";
import { ENDPOINT_SETTINGS, fleetRequests, rulesNamed, writeRequests } from "./endpoint-fleet.ts";
import type { FilledEngine } from "./endpoints-process.ts";
import { cpuSeconds } from "./measure.ts";

export const name = "endpoints";
export const description = "memory and time with a million endpoints, and the start with 100,000";
export const pace = "long";

const PROCESS = fileURLToPath(new URL("./endpoints-process.ts", import.meta.url));
const START = Date.UTC(2026, 0, 5);
const RULES = ["one", "shipped"] as const;

export function* run(): Generator<Table> {
  for (const rules of RULES) yield memory(rules);
  for (const rules of RULES) {
    yield {
      title: `start with 100,000 endpoints from SQLite, ${rules === "one" ? "one rule" : "the shipped rules"}`,
      columns: ["database MB", "save CPU-s", "open s", "restore s", "restore CPU-s"],
      rows: [restart("none failed", rules, 0), restart("5 % failed", rules, 0.05)],
      notes: ["target: ready in less than 1 s"],
    };
  }
}

function memory(rules: string): Table {
  const idle = fill(rules, { endpointCount: 1_024, spanCount: 1_000_000, failureShare: 0 });
  const row = (rowName: string, endpointCount: number, failureShare: number): Row => {
    const spanCount = failureShare === 0 ? 1_000_000 : endpointCount;
    const { nanosecondsPerSpan, residentBytes, watchedCount } = fill(rules, { endpointCount, spanCount, failureShare });
    const bytes = residentBytes - idle.residentBytes;
    return {
      name: rowName,
      figures: [bytes / 1e6, bytes / endpointCount, watchedCount, ...timesOf(nanosecondsPerSpan)],
    };
  };
  return {
    title: `an engine with ${rules === "one" ? "one rule" : "the shipped rules"}, in a process of its own`,
    columns: ["MB more", "bytes an endpoint", "watched", "ns a span, first", "ns a span, later"],
    rows: [
      { name: "1,024 endpoints, none failed", figures: [0, null, 0, ...timesOf(idle.nanosecondsPerSpan)] },
      row("100,000 endpoints, none failed", 100_000, 0),
      row("100,000 endpoints, 5 % failed", 100_000, 0.05),
      row("1,000,000 endpoints, none failed", 1_000_000, 0),
    ],
    notes: [
      `the process with 1,024 endpoints has ${(idle.residentBytes / 1e6).toFixed(0)} MB`,
      "target: 1,000,000 endpoints in at most 400 MB, cost of a span independent of their number",
    ],
  };
}

/** Of the first visit, in which endpoints are new, and of the last. */
function timesOf(nanosecondsPerSpan: readonly number[]): readonly (number | null)[] {
  return [nanosecondsPerSpan[0] ?? null, nanosecondsPerSpan.at(-1) ?? null];
}

type Visits = { readonly endpointCount: number; readonly spanCount: number; readonly failureShare: number };

function fill(rules: string, fleet: Visits): FilledEngine {
  const directory = mkdtempSync(join(tmpdir(), "authspike-bench-"));
  const file = join(directory, "requests");
  writeRequests(file, fleetRequests(fleet, 1));
  const output = execFileSync(process.execPath, [PROCESS, file, rules], { encoding: "utf8" });
  rmSync(directory, { recursive: true });
  const filled = JSON.parse(output) as FilledEngine;
  if (filled.endpointCount !== fleet.endpointCount) throw new Error(`${filled.endpointCount} endpoints`);
  return filled;
}

function restart(rowName: string, rules: string, failureShare: number): Row {
  const directory = mkdtempSync(join(tmpdir(), "authspike-bench-"));
  const engine = new Engine(ENDPOINT_SETTINGS, rulesNamed(rules));
  for (let minute = 0; minute < 3; minute++) {
    const fleet = { endpointCount: 100_000, spanCount: 100_000, failureShare };
    for (const request of fleetRequests(fleet, minute)) engine.ingest(request, instant(START + minute * MINUTE_MS));
  }
  const now = instant(START + 3 * MINUTE_MS);
  const firstRun = Store.open(directory);
  const save = costOf(() => saveCheckpoints(firstRun.checkpoints, engine, now));
  firstRun.close();
  let store = firstRun;
  const open = costOf(() => {
    store = Store.open(directory);
  });
  const restored = new Engine(ENDPOINT_SETTINGS, rulesNamed(rules));
  const restore = costOf(() => restoreCheckpoints(store.checkpoints, restored, now));
  const megabytes = statSync(join(directory, DATABASE_FILE)).size / 1e6;
  store.close();
  rmSync(directory, { recursive: true });
  if (restored.seriesCount !== engine.seriesCount) throw new Error(`only ${restored.seriesCount} series came back`);
  return { name: rowName, figures: [megabytes, save.cpu, open.wall, restore.wall, restore.cpu] };
}

function costOf(work: () => void): { readonly wall: number; readonly cpu: number } {
  const startedAt = performance.now();
  const cpuBefore = cpuSeconds();
  work();
  return { wall: (performance.now() - startedAt) / 1000, cpu: cpuSeconds() - cpuBefore };
}

function instant(at: number): Instant {
  return { steady: at, wall: at };
}
