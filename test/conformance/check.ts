/**
 * One requirement of OTLP and how it is checked from outside.
 *
 * A check returns when its requirement is met. It throws `Unmet` with what was seen instead, or
 * `NotApplicable` with what would have to be told or configured before it can look.
 */
import type { Target } from "./target.ts";

export type Check = {
  /** The requirement's number, a full stop, and what of it is looked at. */
  readonly id: string;
  readonly level: "MUST" | "SHOULD";
  /** What the receiver does, as one sentence without a full stop. */
  readonly sentence: string;
  readonly run: (target: Target) => Promise<void>;
};

export type Result =
  | { readonly kind: "pass" }
  | { readonly kind: "fail"; readonly seen: string }
  | { readonly kind: "not_applicable"; readonly reason: string };

export type CheckResult = Pick<Check, "id" | "level" | "sentence"> & { readonly result: Result };

export class Unmet extends Error {
  override readonly name = "Unmet";
}

export class NotApplicable extends Error {
  override readonly name = "NotApplicable";
}

const CHECK_TIMEOUT_MS = 30_000;

export async function carryOut({ id, level, sentence, run }: Check, target: Target): Promise<CheckResult> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Unmet(`no end after ${CHECK_TIMEOUT_MS / 1000} s`)), CHECK_TIMEOUT_MS);
  try {
    await Promise.race([run(target), expired]);
    return { id, level, sentence, result: { kind: "pass" } };
  } catch (error) {
    return { id, level, sentence, result: resultOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Anything else that goes wrong is the receiver's doing too: a reset, a refused connection. */
function resultOf(error: unknown): Result {
  if (error instanceof NotApplicable) return { kind: "not_applicable", reason: error.message };
  return { kind: "fail", seen: error instanceof Error ? error.message || error.name : String(error) };
}

export function demand(holds: boolean, seen: string): asserts holds {
  if (!holds) throw new Unmet(seen);
}

/** Puts the case at hand before what was seen in it. */
export function inCase<Found>(name: string, look: () => Found): Found {
  try {
    return look();
  } catch (error) {
    throw error instanceof Unmet ? new Unmet(`${name}: ${error.message}`) : error;
  }
}
