/**
 * The account of every item (span, data point, log record): nothing goes missing unseen.
 *
 * For each signal and each exporter, accepted + resumed = sent + queued + dropped, at every moment of
 * every run: resumed is what waited for the exporter when the process began, and dropped has a reason.
 * Exporters are counted apart because one may be down for hours while another keeps up. What never
 * got in is counted as refused, with its reason. Names follow the Collector's nouns.
 */
import type { RefusalReason, Signal } from "../core/otlp/verdict.ts";
import type { Counter, CounterFamily, MetricRegistry } from "./metrics.ts";

/** What is accounted for: what senders send, and apart from it the alert events that we add. */
export type AccountedSignal = Signal | "alert_events";

/** Why an accepted item went no further. `no_exporter` is by choice: analysed and not forwarded. */
export type DropReason =
  | "no_exporter"
  | "queue_overflow"
  | "queue_expired"
  | "queue_corrupt"
  | "exporter_rejected"
  | "exporter_removed";

/** Why an item, or a whole request whose items cannot be counted, was turned away. */
export type RefuseReason = RefusalReason | "invalid_id" | "overloaded";

/** The signal is null when the request named none. */
export type RefusedElsewhere = {
  readonly signal: Signal | null;
  readonly reason: RefuseReason;
  readonly count: number;
};

/** The name under which items are counted when no exporter is configured. */
export const NO_EXPORTER = "none";

export class PipelineCounters {
  readonly #accepted: CounterFamily;
  readonly #refused: CounterFamily;
  readonly #resumed: CounterFamily;
  readonly #sent: CounterFamily;
  readonly #dropped: CounterFamily;

  constructor(registry: MetricRegistry) {
    const family = (name: string, help: string) => registry.counters({ name, help, unit: "{item}" });
    this.#accepted = family("authspike_receiver_accepted_items", "Items that were taken in");
    this.#refused = family("authspike_receiver_refused_items", "Items or whole requests turned away, by reason");
    this.#resumed = family("authspike_exporter_resumed_items", "Items that waited for an exporter at the start");
    this.#sent = family("authspike_exporter_sent_items", "Items that an exporter's destination acknowledged");
    this.#dropped = family("authspike_exporter_dropped_items", "Accepted items that an exporter gave up, by reason");
  }

  accepted(signal: AccountedSignal): Counter {
    return this.#accepted.with({ signal });
  }
  /** `unknown`: the request did not come far enough to say what it carries. */
  refused(signal: Signal | "unknown", reason: RefuseReason): Counter {
    return this.#refused.with({ signal, reason });
  }
  /** Of refusals that are counted elsewhere; `takeAll` gives each of them once. */
  countRefusedFrom(takeAll: () => Iterable<RefusedElsewhere>): void {
    this.#refused.collectFrom(() => {
      for (const { signal, reason, count } of takeAll()) this.refused(signal ?? "unknown", reason).add(count);
    });
  }
  resumed(signal: AccountedSignal, exporter: string): Counter {
    return this.#resumed.with({ signal, exporter });
  }
  sent(signal: AccountedSignal, exporter: string): Counter {
    return this.#sent.with({ signal, exporter });
  }
  dropped(signal: AccountedSignal, exporter: string, reason: DropReason): Counter {
    return this.#dropped.with({ signal, exporter, reason });
  }

  /** Sums over reasons; without an exporter name all but the first two are sums over exporters. */
  totals(signal: AccountedSignal, exporter?: string): PipelineTotals {
    const ofExporter = exporter === undefined ? { signal } : { signal, exporter };
    return {
      accepted: sum(this.#accepted, { signal }),
      refused: sum(this.#refused, { signal }),
      resumed: sum(this.#resumed, ofExporter),
      sent: sum(this.#sent, ofExporter),
      dropped: sum(this.#dropped, ofExporter),
    };
  }
}

export type PipelineTotals = {
  readonly accepted: number;
  readonly refused: number;
  readonly resumed: number;
  readonly sent: number;
  readonly dropped: number;
};

function sum(family: CounterFamily, wanted: Readonly<Record<string, string>>): number {
  const entries = Object.entries(wanted);
  let total = 0;
  for (const counter of family) {
    if (entries.every(([name, value]) => counter.labels[name] === value)) total += counter.value;
  }
  return total;
}
