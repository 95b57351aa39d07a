/**
 * What forwarding costs: spans received, read, judged, marked, queued and sent on, in spans for each
 * CPU-second of the whole process, and in resident memory.
 *
 * Load comes from a second process, the backend is in this one, and only the forwarder between them is
 * measured. All forwarders get the same requests at the same rate, one after the other, and keep what they
 * acknowledge in the same place; the relay of objects, which stands in for a Collector where there is none,
 * keeps nothing.
 */
import { setTimeout as delay } from "node:timers/promises";
import { OtlpSink } from "../../src/io/stand-ins/otlp-sink.ts";
import type { Extent, Row, Table } from "./bench.ts";
import type { Forwarder, RunningForwarder } from "./forwarders.ts";
import { forwardersWith } from "./forwarders.ts";
import type { ForwardingCase } from "./forwarding-cases.ts";
import { caseInWords, forwardingCases, shareOfRequests } from "./forwarding-cases.ts";
import type { LoadReport } from "./load.ts";
import { Load } from "./load.ts";
import { loadLine } from "./machine.ts";

export const name = "forwarding";
export const description = "the whole service between a sender and a backend: CPU and memory";
export const pace = "long";

const SPANS_PER_SECOND = 20_000;
/** By five seconds after the first span the CPU in use has fallen to where it stays: the code is compiled for good. */
const WARM_UP_MS = 10_000;
const MEASURED_MS = 10_000;
/** Longer than the queue lets a span wait for company. */
const ARRIVAL_MAX_MS = 5_000;
const SPANS_IN_RING = 51_200;
const BATCHES_MIN = 16;
const ENDPOINTS = 1_000;

export async function* run(extent: Extent): AsyncGenerator<Table> {
  for (const load of forwardingCases(extent)) yield await compare(load);
}

async function compare(load: ForwardingCase): Promise<Table> {
  const { baseline, subjects } = forwardersWith(load);
  const rows: Row[] = [];
  for (const subject of subjects) rows.push(await measure(subject, load));
  return {
    title: `${caseInWords(load)}, ${SPANS_PER_SECOND} spans/s`,
    columns: ["spans/CPU-s", "spans/s", "CPU %", "RSS MB", "not forwarded"],
    rows,
    comparison: { heading: "x baseline", column: "spans/CPU-s", baseline },
    notes: [loadLine()],
  };
}

async function measure(subject: Forwarder, load: ForwardingCase): Promise<Row> {
  await using sink = new OtlpSink({ keep: "counts" });
  await sink.start();
  await using forwarder = await subject.start(sink, load);
  const sender = await startLoad(forwarder, load);
  await delay(WARM_UP_MS);
  const before = { cpuSeconds: forwarder.process.cpuSeconds, spans: sink.received.traces.itemCount };
  const startedAt = performance.now();
  await delay(MEASURED_MS);
  const seconds = (performance.now() - startedAt) / 1000;
  const spans = sink.received.traces.itemCount - before.spans;
  const cpuSeconds = forwarder.process.cpuSeconds - before.cpuSeconds;
  const residentMegabytes = forwarder.process.residentBytes / 1e6;
  const missing = await missingAfter(await sender.stop(), sink);
  const figures = [spans / cpuSeconds, spans / seconds, (100 * cpuSeconds) / seconds, residentMegabytes, missing];
  return { name: subject.name, figures };
}

function startLoad({ receivers }: RunningForwarder, load: ForwardingCase): Promise<Load> {
  const { packing, protocol, spans, spansPerBatch } = load;
  return Load.start({
    endpoint: protocol === "grpc" ? receivers.grpcUrl : receivers.httpUrl,
    protocol,
    packing,
    spansPerSecond: SPANS_PER_SECOND,
    batches: {
      spansPerBatch,
      // One that is under way must not be made anew, however large it is.
      batchCount: Math.max(BATCHES_MIN, Math.ceil(SPANS_IN_RING / spansPerBatch)),
      endpointCount: ENDPOINTS,
      serverShare: shareOfRequests(spans),
      failureShare: 0.05,
    },
  });
}

/** Spans that were acknowledged and have not reached the backend. */
async function missingAfter({ acknowledgedSpans }: LoadReport, sink: OtlpSink): Promise<number> {
  const hasAll = () => sink.received.traces.itemCount >= acknowledgedSpans;
  const deadline = performance.now() + ARRIVAL_MAX_MS;
  while (!hasAll() && performance.now() < deadline) await delay(50);
  return Math.max(0, acknowledgedSpans - sink.received.traces.itemCount);
}
