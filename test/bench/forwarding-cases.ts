/**
 * Which loads the forwarders are compared under: what every run shows, and with `--full` how each thing
 * that may be different with a user changes the figures.
 */
import type { Extent } from "./bench.ts";
import type { Queue } from "./forwarders.ts";
import type { Packing, Protocol } from "./otlp-sender.ts";
import { PROTOCOLS } from "./otlp-sender.ts";

export type ForwardingCase = {
  readonly protocol: Protocol;
  readonly spansPerBatch: number;
  readonly spans: SpanMix;
  readonly packing: Packing;
  /** Where what is acknowledged is kept. */
  readonly queue: Queue;
};

/** Every span a request, or one in three, as where services talk to databases and to each other. */
export type SpanMix = "requests" | "mixed";

const USUAL_BATCHES = [100, 512];
/** As of a process that flushes at once, and as a gateway sends. */
const EXTREME_BATCHES = [10, 8192];

export function forwardingCases(extent: Extent): readonly ForwardingCase[] {
  const usual = combined(USUAL_BATCHES, {});
  const mixed = combined(USUAL_BATCHES, { spans: "mixed" });
  if (extent === "short") return [...usual, ...mixed];
  const extreme = combined(EXTREME_BATCHES, {});
  const packed = combined(USUAL_BATCHES, { packing: "gzip" });
  const inMemory = combined(USUAL_BATCHES, { queue: "memory" });
  return [...usual, ...mixed, ...extreme, ...packed, ...inMemory];
}

export function shareOfRequests(spans: SpanMix): number {
  return spans === "requests" ? 1 : 1 / 3;
}

export function caseInWords({ packing, protocol, queue, spans, spansPerBatch }: ForwardingCase): string {
  const what = spans === "requests" ? "every span a request" : "one span in three a request";
  const ways = [`${protocol} in and out`, `batches of ${spansPerBatch}`, what, `queue ${QUEUE_IN_WORDS[queue]}`];
  return [...ways, ...(packing === "none" ? [] : ["gzip in and out"])].join(", ");
}

const QUEUE_IN_WORDS: Readonly<Record<Queue, string>> = { disk: "on disk", memory: "in memory" };

type Variation = Partial<Omit<ForwardingCase, "protocol" | "spansPerBatch">>;

function combined(batches: readonly number[], variation: Variation): readonly ForwardingCase[] {
  const rest = { spans: "requests", packing: "none", queue: "disk", ...variation } as const;
  return PROTOCOLS.flatMap((protocol) => batches.map((spansPerBatch) => ({ protocol, spansPerBatch, ...rest })));
}
