/**
 * Stretches of time on their way into the baseline: counted now, learned later, or never.
 *
 * A stretch is learned five stretches after it ended, so that an attack is noticed before it is
 * taken for usual. While the evidence is undecided nothing is learned but nothing is thrown away
 * either: dropping undecided stretches without an alarm would cut off the upper tail of what is
 * normal, and false pages would follow.
 *
 * Stretches end on a grid that depends on nothing but the series' age, and a silent time is one
 * stretch however often one looks. That makes decisions independent of how often the series is ticked.
 */
import type { UnixMillis } from "../time.ts";
import { MINUTE_MS, SECOND_MS } from "../time.ts";
import type { Stretch } from "./stretch.ts";
import { addStretch, clearStretch, emptyStretch } from "./stretch.ts";

export type LearningQueue = {
  openSince: UnixMillis;
  readonly open: Stretch;
  /** Oldest first, each as its numbers one after the other: as objects they take three times the room. */
  waiting: readonly number[];
};

export type WaitingStretch = Stretch & { endedAt: UnixMillis };

/** Of one stretch that waits. */
const NUMBERS = 7;

const STRETCH_MIN_MS = 4 * SECOND_MS;
const STRETCH_MAX_MS = MINUTE_MS;
const STRETCHES_PER_AGE = 12;
const DELAY_STRETCHES = 5;
const WAITING_MAX = 12;

export function createLearningQueue(now: UnixMillis): LearningQueue {
  return { openSince: now, open: emptyStretch(), waiting: [] };
}

/** Short while the series is young, so that a new gateway has a baseline within half a minute. */
export function stretchMs(ageMs: number): number {
  return Math.min(STRETCH_MAX_MS, Math.max(STRETCH_MIN_MS, ageMs / STRETCHES_PER_AGE));
}

/** Ends the open stretch if it is due; undefined if it is not. Ask again until nothing is due. */
export function closeStretch(queue: LearningQueue, createdAt: UnixMillis, now: UnixMillis): WaitingStretch | undefined {
  const lengthMs = stretchMs(queue.openSince - createdAt);
  if (now - queue.openSince < lengthMs) return undefined;
  const closed = { ...queue.open, durationMs: closedDurationMs(queue, lengthMs, now), endedAt: 0 };
  closed.endedAt = queue.openSince + closed.durationMs;
  queue.openSince = closed.endedAt;
  clearOpenStretch(queue);
  return closed;
}

export function clearOpenStretch(queue: LearningQueue): void {
  clearStretch(queue.open);
}

export function enqueue(queue: LearningQueue, closed: WaitingStretch): void {
  const count = waitingCount(queue);
  const last = waitingAt(queue, count - 1);
  if (last !== undefined && isSilent(closed) && isSilent(last)) {
    merge(last, closed);
    queue.waiting = queue.waiting.slice(0, -NUMBERS).concat(packed(last));
  } else queue.waiting = queue.waiting.concat(packed(closed));
  if (waitingCount(queue) > WAITING_MAX) mergeOldest(queue);
}

/** Takes out the oldest stretch whose time to be learned has come. */
export function takeLearnable(queue: LearningQueue, createdAt: UnixMillis): WaitingStretch | undefined {
  const delayMs = DELAY_STRETCHES * stretchMs(queue.openSince - createdAt);
  const oldest = waitingAt(queue, 0);
  if (oldest === undefined || oldest.endedAt > queue.openSince - delayMs) return undefined;
  queue.waiting = queue.waiting.slice(NUMBERS);
  return oldest;
}

/** What waits will not be learned. */
export function dropWaiting(queue: LearningQueue): void {
  queue.waiting = [];
}

/** All that has not been learned yet, and since when. */
export function unlearned(queue: LearningQueue): { readonly since: UnixMillis; readonly counts: Stretch } {
  const oldest = waitingAt(queue, 0);
  const since = oldest === undefined ? queue.openSince : oldest.endedAt - oldest.durationMs;
  const counts = { ...queue.open };
  for (let index = 0; index < waitingCount(queue); index++) {
    const waiting = waitingAt(queue, index);
    if (waiting !== undefined) addStretch(counts, waiting);
  }
  return { since, counts };
}

/** Silence of any length is one step, once stretches have their full length. */
function closedDurationMs(queue: LearningQueue, lengthMs: number, now: UnixMillis): number {
  if (lengthMs < STRETCH_MAX_MS || !isSilent(queue.open)) return lengthMs;
  return Math.floor((now - queue.openSince) / lengthMs) * lengthMs;
}

function isSilent(stretch: Stretch): boolean {
  return stretch.successes === 0 && stretch.failures === 0;
}

function mergeOldest(queue: LearningQueue): void {
  const [oldest, next] = [waitingAt(queue, 0), waitingAt(queue, 1)];
  if (oldest === undefined || next === undefined) return;
  merge(oldest, next);
  queue.waiting = packed(oldest).concat(queue.waiting.slice(2 * NUMBERS));
}

function merge(earlier: WaitingStretch, later: WaitingStretch): void {
  addStretch(earlier, later);
  earlier.endedAt = later.endedAt;
}

function waitingCount({ waiting }: LearningQueue): number {
  return waiting.length / NUMBERS;
}

function packed(stretch: WaitingStretch): readonly number[] {
  const { crowdedFailures, crowdedSquares, discountedFailures, durationMs, endedAt, failures, successes } = stretch;
  return [durationMs, successes, failures, discountedFailures, crowdedFailures, crowdedSquares, endedAt];
}

/** As an object of its own. */
function waitingAt({ waiting }: LearningQueue, index: number): WaitingStretch | undefined {
  const first = index * NUMBERS;
  const durationMs = waiting[first];
  if (durationMs === undefined) return undefined;
  return {
    durationMs,
    successes: waiting[first + 1] ?? 0,
    failures: waiting[first + 2] ?? 0,
    discountedFailures: waiting[first + 3] ?? 0,
    crowdedFailures: waiting[first + 4] ?? 0,
    crowdedSquares: waiting[first + 5] ?? 0,
    endedAt: waiting[first + 6] ?? 0,
  };
}
