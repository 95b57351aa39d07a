/** The process behind `load.ts`: sends batches of a ring at a steady rate until it is told to stop. */
import { setTimeout as delay } from "node:timers/promises";
import type { LoadMessage, LoadPlan, LoadReport } from "./load.ts";
import { openSender } from "./otlp-sender.ts";
import { traceBatches } from "./trace-batches.ts";
import { TraceRenewer } from "./trace-renewer.ts";

/** Fewer than a ring has batches: one that is under way must not be renewed. */
const UNDER_WAY_MAX = 64;
const SLICE_MS = 5;

let isStopped = false;

process.on("message", (message: LoadMessage) => {
  if (message.kind === "stop") isStopped = true;
  else void sendSteadily(message.plan);
});

// Whoever asked for the load is gone.
process.on("disconnect", () => {
  isStopped = true;
});

async function sendSteadily(plan: LoadPlan): Promise<void> {
  const ring = traceBatches(plan.batches);
  const traces = new TraceRenewer();
  const { spansPerBatch } = plan.batches;
  const sender = await openSender(plan.protocol, plan.endpoint, UNDER_WAY_MAX, plan.packing);
  const everyMs = (1000 * spansPerBatch) / plan.spansPerSecond;
  const tally = { sentSpans: 0, acknowledgedSpans: 0, behindMaxMs: 0 };
  const underWay = new Set<Promise<void>>();
  process.send?.("sending");
  let dueAt = performance.now();
  for (let turn = 0; !isStopped; turn++) {
    const now = performance.now();
    tally.behindMaxMs = Math.max(tally.behindMaxMs, now - dueAt);
    if (dueAt > now) await delay(Math.max(SLICE_MS, dueAt - now));
    if (underWay.size >= UNDER_WAY_MAX) await Promise.race(underWay);
    dueAt += everyMs;
    tally.sentSpans += spansPerBatch;
    const bytes = ring[turn % ring.length] ?? new Uint8Array(0);
    traces.renew(bytes);
    const sending = sender.send(bytes).then((isTaken) => {
      if (isTaken) tally.acknowledgedSpans += spansPerBatch;
      underWay.delete(sending);
    });
    underWay.add(sending);
  }
  await Promise.all(underWay);
  await sender.close();
  process.send?.(tally satisfies LoadReport);
  process.disconnect();
}
