/**
 * What the queue costs: megabytes and requests a second that it takes in and hands out, with the files
 * and without. A request of 120 KB is one of 100 spans as the Collector's own load tests send them.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { schedule } from "../../src/io/platform/timers.ts";
import { ForwardQueue } from "../../src/io/queue/forward-queue.ts";
import type { FsyncPolicy } from "../../src/io/queue/queue-settings.ts";
import type { Row, Table } from "./bench.ts";

const REQUEST_BYTES = 120_000;
const SPANS_PER_REQUEST = 100;
const REQUESTS = 4000;
/** Senders that wait for their acknowledgement before they send again. */
const SENDERS = 16;
const ROUNDS = 3;

type Run = { readonly wallMs: number; readonly cpuMs: number };

export const name = "queue";
export const description = "what the queue takes in and hands out, with files and without";
export const pace = "quick";

const MEMORY = "memory";

export async function* run(): AsyncGenerator<Table> {
  const rows = [rowOf(MEMORY, await best(null))];
  for (const fsync of ["never", "interval", "always"] as const) {
    rows.push(rowOf(`files, fsync ${fsync}`, await best(fsync)));
  }
  yield {
    title: `requests of ${REQUEST_BYTES} bytes from ${SENDERS} senders, one reader that keeps up`,
    columns: ["MB/s", "spans/CPU-s"],
    rows,
    comparison: { heading: "x memory", column: "spans/CPU-s", baseline: MEMORY },
  };
}

/** Without a policy the queue is in memory. Anything else on the machine only slows a round. */
async function best(fsync: FsyncPolicy | null): Promise<Run> {
  const runs: Run[] = [];
  for (let round = 0; round < ROUNDS; round++) runs.push(await measure(fsync));
  return runs.reduce((bestRun, candidate) => (candidate.cpuMs < bestRun.cpuMs ? candidate : bestRun));
}

async function measure(fsync: FsyncPolicy | null): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), "authspike-bench-"));
  const queue = await ForwardQueue.open(
    {
      directory: fsync === null ? null : directory,
      maxBytes: 2 ** 30,
      memoryMaxBytes: 2 ** 28,
      maxAgeMs: 1e9,
      fsync: fsync ?? "never",
    },
    {
      exporters: [{ name: "backend", signals: ["traces"] }],
      account: { resumed: () => {}, sent: () => {}, dropped: () => {} },
      now: Date.now,
      schedule,
      onTrouble: (trouble) => console.log(trouble),
    },
  );
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  await Promise.all([send(queue), receive(queue)]);
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  await queue[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
  return { wallMs, cpuMs: (user + system) / 1000 };
}

async function send(queue: ForwardQueue): Promise<void> {
  const bytes = Buffer.alloc(REQUEST_BYTES, "authspike");
  let left = REQUESTS;
  const sender = async () => {
    while (left-- > 0) await queue.append({ signal: "traces", bytes, itemCount: SPANS_PER_REQUEST });
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

async function receive(queue: ForwardQueue): Promise<void> {
  const reader = queue.reader("backend", "traces");
  for (let left = REQUESTS * SPANS_PER_REQUEST; left > 0; ) {
    const batch = await reader.take();
    if (batch === null) return;
    left -= batch.itemCount;
    batch.settle(0);
  }
}

function rowOf(rowName: string, { wallMs, cpuMs }: Run): Row {
  const megabytesPerSecond = (REQUESTS * REQUEST_BYTES) / 1e3 / wallMs;
  const spansPerCpuSecond = (REQUESTS * SPANS_PER_REQUEST * 1e3) / cpuMs;
  return { name: rowName, figures: [megabytesPerSecond, spansPerCpuSecond] };
}
