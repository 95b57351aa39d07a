/**
 * Whether the conditions of a rule hold for what the detector knows.
 *
 * `when` asks whether things are at least so bad, `recover` whether they are at most so bad. A bound
 * that is not given asks nothing, so empty conditions always hold.
 */
import { assertNever } from "../assert.ts";
import type { Reading } from "../detection/reading.ts";
import type { Conditions } from "./rule.ts";

export type ConditionMode = "when" | "recover";

/** In the order in which people read them. */
export const CONDITION_NAMES = ["ratio", "rate", "count", "deviation"] as const;
export type ConditionName = (typeof CONDITION_NAMES)[number];

export const NO_CONDITIONS: Conditions = { ratio: null, rate: null, count: null, deviation: null };

/** What one condition asks for, and what there is. */
export type ConditionAnswer = {
  readonly name: ConditionName;
  readonly value: number;
  readonly needed: number;
  readonly holds: boolean;
};

export function holds(conditions: Conditions, reading: Reading, mode: ConditionMode): boolean {
  return answersOf(conditions, reading, mode).every((answer) => answer.holds);
}

/** Of those that are asked. */
export function answersOf(conditions: Conditions, reading: Reading, mode: ConditionMode): readonly ConditionAnswer[] {
  return CONDITION_NAMES.flatMap((name) => {
    const needed = conditions[name];
    if (needed === null) return [];
    const value = measure(name, reading);
    return [{ name, value, needed, holds: mode === "when" ? value >= needed : value <= needed }];
  });
}

/** The rate now over the usual one: infinite where failures appear that never did, 1 where there are none. */
export function ratioToUsual(reading: Pick<Reading, "rate" | "usual">): number {
  if (reading.usual > 0) return reading.rate / reading.usual;
  return reading.rate > 0 ? Number.POSITIVE_INFINITY : 1;
}

function measure(name: ConditionName, reading: Reading): number {
  switch (name) {
    case "ratio":
      return ratioToUsual(reading);
    case "rate":
      return reading.rate;
    case "count":
      return reading.failureCount;
    case "deviation":
      return reading.deviation;
    default:
      return assertNever(name);
  }
}
