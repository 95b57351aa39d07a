/**
 * Plays one run: messages drawn from a seed, each checked and timed.
 *
 * Every message has chance of its own, made from the seed and its number, so that one of them can be
 * made again without those before it.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { Random } from "../../support/random.ts";
import { FuzzedIntake } from "./fuzzed-intake.ts";
import { makeSamples } from "./samples.ts";
import type { FuzzTarget } from "./targets.ts";
import { fuzzTargets } from "./targets.ts";

export type FuzzPlan = { readonly seed: number; readonly first: number; readonly messageCount: number };

export type FuzzFailure = {
  readonly target: string;
  /** Of the message, from which it can be made again. */
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly error: unknown;
};

export type FuzzReport = {
  readonly messageCount: number;
  readonly byteCount: number;
  readonly takenCount: number;
  readonly laxCount: number;
  readonly slowestMs: number;
  readonly residentMaxBytes: number;
  /** The run ends with the first. */
  readonly failure: FuzzFailure | null;
};

/** Samples have some kilobytes: what takes this long does not scale, or the machine was very busy. */
const MESSAGE_MAX_MS = 3_000;
const RESIDENT_MAX_BYTES = 1024 * 1024 * 1024;
const LOOK_AT_MEMORY_EVERY = 5_000;

export async function runFuzz({ seed, first, messageCount }: FuzzPlan): Promise<FuzzReport> {
  const samples = makeSamples(seed);
  const intake = new FuzzedIntake();
  const targets = fuzzTargets(intake);
  const tally = { byteCount: 0, slowestMs: 0, residentMaxBytes: process.memoryUsage.rss() };
  let failure: FuzzFailure | null = null;
  let number = first;
  for (; number < first + messageCount && failure === null; number++) {
    const random = new Random(mixed(seed, number));
    const target = pickTarget(targets, random);
    const bytes = target.make(samples, random);
    const startedAt = performance.now();
    const error = await failureOf(target, bytes);
    const tookMs = performance.now() - startedAt;
    tally.byteCount += bytes.length;
    tally.slowestMs = Math.max(tally.slowestMs, tookMs);
    if (number % LOOK_AT_MEMORY_EVERY === 0) await lookAtMemory(tally);
    const trouble = error ?? troubleWith(tookMs, tally.residentMaxBytes);
    if (trouble !== undefined) failure = { target: target.name, number, bytes, error: trouble };
  }
  const { takenCount, laxCount } = intake;
  return { messageCount: number - first, takenCount, laxCount, ...tally, failure };
}

async function failureOf(target: FuzzTarget, bytes: Uint8Array): Promise<unknown> {
  try {
    await target.check(bytes);
    return undefined;
  } catch (error) {
    return error;
  }
}

function pickTarget(targets: readonly FuzzTarget[], random: Random): FuzzTarget {
  return random.pick(targets.flatMap((target) => Array.from({ length: target.weight }, () => target)));
}

async function lookAtMemory(tally: { residentMaxBytes: number }): Promise<void> {
  // Lets the runtime clean up behind the promises of the messages before.
  await nextTurn();
  tally.residentMaxBytes = Math.max(tally.residentMaxBytes, process.memoryUsage.rss());
}

function troubleWith(tookMs: number, residentBytes: number): Error | undefined {
  if (tookMs > MESSAGE_MAX_MS) return new Error(`one message took ${Math.round(tookMs)} ms`);
  if (residentBytes > RESIDENT_MAX_BYTES) return new Error(`memory has grown to ${residentBytes} bytes`);
  return undefined;
}

/** Neighbouring numbers give unlike chances. */
function mixed(seed: number, number: number): number {
  return Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35);
}
