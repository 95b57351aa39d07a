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

const REQUEST_BYTES = 120_000;
const SPANS_PER_REQUEST = 100;
const REQUESTS = 4000;
/** Senders that wait for their acknowledgement before they send again. */
const SENDERS = 16;
const ROUNDS = 3;

type Run = { readonly wallMs: number; readonly cpuMs: number };

export async function run(): Promise<void> {
  console.log(`queue: requests of ${REQUEST_BYTES} bytes from ${SENDERS} senders, one reader that keeps up`);
  const memory = await best(null);
  report("memory", memory, memory);
  for (const fsync of ["never", "interval", "always"] as const) {
    report(`files, fsync ${fsync}`, await best(fsync), memory);
  }
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
      account: { sent: () => {}, dropped: () => {} },
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

function report(name: string, { wallMs, cpuMs }: Run, memory: Run): void {
  const megabytes = (REQUESTS * REQUEST_BYTES) / 1e6;
  const spansPerCpuSecond = (REQUESTS * SPANS_PER_REQUEST) / (cpuMs / 1000);
  console.log(
    `  ${name.padEnd(22)} ${Math.round(megabytes / (wallMs / 1000))
      .toString()
      .padStart(6)} MB/s` +
      ` ${(spansPerCpuSecond / 1e6).toFixed(2).padStart(7)}M spans/CPU-s ${(cpuMs / memory.cpuMs).toFixed(1).padStart(6)}x the CPU of memory`,
  );
}

if (import.meta.main) await run();
