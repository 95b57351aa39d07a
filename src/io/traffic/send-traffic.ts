/**
 * Sends a plan's requests as they end, as the exporters of several services would: small batches of
 * one service each, several times a second, in turn over every way in.
 *
 * Bounded in time by the plan's end and in requests under way: a target that is slow slows us down.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { UnixMillis } from "../../core/time.ts";
import { encodeRequests } from "./encode-requests.ts";
import type { SeededChance } from "./seeded-chance.ts";
import type { PlannedRequest, TrafficPlan } from "./traffic-plan.ts";

/** One way in. */
export type TrafficLane = { readonly name: string; readonly send: (bytes: Uint8Array) => Promise<LaneAnswer> };

export type LaneAnswer =
  | { readonly kind: "taken"; readonly refusedSpanCount: number }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "retry"; readonly message: string };

export type TrafficReport = {
  readonly requests: number;
  /** Of these, answered with a 401 or its like. */
  readonly unauthenticated: number;
  readonly spans: number;
  readonly acknowledged: number;
  /** Spans that the target did not take. */
  readonly failed: number;
  readonly perLane: Readonly<Record<string, number>>;
  readonly problem: string | null;
};

export type TrafficParts = {
  readonly plan: TrafficPlan;
  readonly lanes: readonly TrafficLane[];
  readonly chance: SeededChance;
  readonly now: () => UnixMillis;
  readonly endAt: UnixMillis;
  /** Ends the traffic early; what is under way is still waited for. */
  readonly stop: AbortSignal;
  /** After each slice of time. */
  readonly onProgress: (now: UnixMillis) => void;
};

const SLICE_MS = 100;
const BATCH_MAX_REQUESTS = 500;
const UNDER_WAY_MAX = 32;
const ATTEMPTS_MAX = 5;
const RETRY_DELAY_MS = 250;

export async function sendTraffic(parts: TrafficParts): Promise<TrafficReport> {
  const tally = new Tally(parts.lanes);
  const underWay = new Set<Promise<void>>();
  let turn = 0;
  for (let moment = parts.now(); !parts.stop.aborted && moment < parts.endAt; moment = parts.now()) {
    for (const batch of batchesOf(parts.plan.until(moment))) {
      const lane = parts.lanes[turn++ % parts.lanes.length];
      if (lane === undefined) break;
      const sending = sendBatch(batch, lane, parts.chance, tally).finally(() => underWay.delete(sending));
      underWay.add(sending);
      if (underWay.size >= UNDER_WAY_MAX) await Promise.race(underWay);
    }
    parts.onProgress(moment);
    await pause(parts.stop);
  }
  await Promise.all(underWay);
  return tally.report();
}

class Tally {
  readonly #counts = { requests: 0, unauthenticated: 0, spans: 0, acknowledged: 0, failed: 0 };
  readonly #perLane = new Map<string, number>();
  #problem: string | null = null;

  constructor(lanes: readonly TrafficLane[]) {
    for (const { name } of lanes) this.#perLane.set(name, 0);
  }

  planned(batch: readonly PlannedRequest[], spanCount: number): void {
    this.#counts.requests += batch.length;
    this.#counts.unauthenticated += batch.filter(({ isRefused }) => isRefused).length;
    this.#counts.spans += spanCount;
  }

  answered(lane: TrafficLane, spanCount: number, answer: LaneAnswer): void {
    const failed = answer.kind === "taken" ? answer.refusedSpanCount : spanCount;
    this.#counts.failed += failed;
    this.#counts.acknowledged += spanCount - failed;
    this.#perLane.set(lane.name, (this.#perLane.get(lane.name) ?? 0) + spanCount - failed);
    if (answer.kind !== "taken") this.#problem = answer.message;
  }

  report(): TrafficReport {
    return { ...this.#counts, perLane: Object.fromEntries(this.#perLane), problem: this.#problem };
  }
}

function* batchesOf(requests: readonly PlannedRequest[]): Generator<readonly PlannedRequest[]> {
  for (const ofService of Map.groupBy(requests, ({ flow }) => flow.service).values()) {
    for (let start = 0; start < ofService.length; start += BATCH_MAX_REQUESTS) {
      yield ofService.slice(start, start + BATCH_MAX_REQUESTS);
    }
  }
}

async function sendBatch(
  batch: readonly PlannedRequest[],
  lane: TrafficLane,
  chance: SeededChance,
  tally: Tally,
): Promise<void> {
  const { bytes, spanCount } = encodeRequests(batch, chance);
  tally.planned(batch, spanCount);
  let answer = await lane.send(bytes);
  for (let attempt = 1; answer.kind === "retry" && attempt < ATTEMPTS_MAX; attempt++) {
    await delay(RETRY_DELAY_MS * attempt);
    answer = await lane.send(bytes);
  }
  tally.answered(lane, spanCount, answer);
}

async function pause(stop: AbortSignal): Promise<void> {
  try {
    await delay(SLICE_MS, undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}
