/** How bad a burst is: the highest level of a rule's ladder whose condition holds. */
import { assert } from "../assert.ts";
import type { Reading } from "../detection/reading.ts";
import { holds } from "./conditions.ts";
import type { Severity, SeverityStep } from "./rule.ts";
import { SEVERITIES } from "./rule.ts";

export function severityOf(steps: readonly SeverityStep[], reading: Reading): Severity {
  const step = steps.findLast(({ when }) => when === null || holds(when, reading, "when"));
  assert(step !== undefined, "a ladder's first level has no condition");
  return step.level;
}

/** Negative, zero or positive as `left` is below, equal to or above `right`. */
export function compareSeverity(left: Severity, right: Severity): number {
  return SEVERITIES.indexOf(left) - SEVERITIES.indexOf(right);
}

/** Errors and criticals wake a person; warnings and infos are tickets. */
export function isPagingSeverity(severity: Severity): boolean {
  return severity === "error" || severity === "critical";
}
