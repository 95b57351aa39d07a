/**
 * `npm run soak -- [--minutes N] [--rate SPANS_PER_SECOND]`
 *
 * Steady load over both protocols through the whole program, on to a backend that keeps up. Memory is
 * sampled all the while; it is flat when the last third takes no more than the one before it. Ends
 * with status 1 when it is not, or when anything was lost.
 */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { OtlpSink } from "../../src/io/stand-ins/otlp-sink.ts";
import { Load } from "../bench/load.ts";
import { exportersTo } from "../support/backends.ts";
import { Installation } from "../support/installation.ts";
import type { RunningService } from "../support/running-service.ts";
import { booksWhenEmpty } from "./outage/books.ts";
import { memoryOf } from "./process-memory.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "5" }, rate: { type: "string", default: "4000" } },
});

const SAMPLE_EVERY_MS = 1_000;
/** The heap is a sawtooth whose teeth are some megabytes high. */
const GROWTH_MAX = 1.05;
const GROWTH_MAX_MIB = 8;
const MIB = 1024 * 1024;
const BATCHES = { spansPerBatch: 100, batchCount: 200, endpointCount: 400, failureShare: 0.03, serverShare: 0.5 };

type Sample = { readonly residentMib: number; readonly heapMib: number };

const sink = new OtlpSink({ keep: "counts" });
await sink.start();
const installation = new Installation({ exporters: exportersTo(sink) });
const service = await installation.start();
const loads = [
  await Load.start({ ...loadPlan(), protocol: "grpc", endpoint: `http://127.0.0.1:${service.grpcPort}` }),
  await Load.start({ ...loadPlan(), protocol: "http/protobuf", endpoint: service.httpUrl }),
];
const samples = await sampled(service, Number(values.minutes) * 60_000);
const reports = await Promise.all(loads.map((load) => load.stop()));
const { exporters } = await booksWhenEmpty(service);
const acknowledged = reports.reduce((sum, report) => sum + report.acknowledgedSpans, 0);
console.log(
  `${acknowledged} spans acknowledged; ${exporters.map(({ name, sent }) => `${sent} sent ${name}`).join(", ")}`,
);
for (const { dropped, sent } of exporters) assert.deepEqual({ dropped, sent }, { dropped: 0, sent: acknowledged });
const growths = [growthOf("resident", samples, "residentMib"), growthOf("heap", samples, "heapMib")];
await service.stop();
await installation[Symbol.asyncDispose]();
await sink[Symbol.asyncDispose]();
process.exitCode = growths.every((growth) => growth === "flat") ? 0 : 1;

function loadPlan() {
  return { spansPerSecond: Number(values.rate) / 2, batches: BATCHES };
}

async function sampled({ apiUrl, pid }: RunningService, durationMs: number): Promise<readonly Sample[]> {
  const taken: Sample[] = [];
  for (const end = performance.now() + durationMs; performance.now() < end; ) {
    await delay(SAMPLE_EVERY_MS);
    const metrics = await (await fetch(`${apiUrl}/metrics`)).text();
    const [, heapBytes] = /^authspike_process_heap_bytes (\S+)$/m.exec(metrics) ?? [];
    taken.push({ residentMib: memoryOf(pid).residentMib, heapMib: Number(heapBytes) / MIB });
    if (taken.length % 30 === 0) console.log(`after ${taken.length} s: ${shown(taken.at(-1))}`);
  }
  return taken;
}

function growthOf(name: string, all: readonly Sample[], figure: keyof Sample): "flat" | "growing" {
  const third = Math.floor(all.length / 3);
  const [first, middle, last] = [0, 1, 2].map((part) =>
    median(all.slice(part * third, (part + 1) * third).map((sample) => sample[figure])),
  );
  assert.ok(first !== undefined && middle !== undefined && last !== undefined);
  const isFlat = last <= Math.max(middle * GROWTH_MAX, middle + GROWTH_MAX_MIB);
  const verdict = isFlat ? "flat" : "growing";
  const thirds = [first, middle, last].map((mebibytes) => mebibytes.toFixed(0)).join(", ");
  console.log(`${name}: ${thirds} MiB in the median of each third: ${verdict}`);
  return verdict;
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function shown(sample: Sample | undefined): string {
  return `${sample?.residentMib} MiB resident, ${sample?.heapMib.toFixed(0)} MiB of heap`;
}
