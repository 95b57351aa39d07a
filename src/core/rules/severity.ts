/**
 * How bad a burst is: the highest level of a rule's ladder whose condition holds. A rise that people know of, or that
 * comes at its hour, wakes nobody, nor does one client that fails alone, unless the rule says that it should.
 */
import { assert } from "../assert.ts";
import type { Reading } from "../detection/reading.ts";
import { holds } from "./conditions.ts";
import type { Rule, Severity } from "./rule.ts";
import { SEVERITIES } from "./rule.ts";

const HIGHEST_TICKET: Severity = "warning";

export function severityOf(rule: Pick<Rule, "severity" | "singleClient">, reading: Reading): Severity {
  const step = rule.severity.findLast(({ when }) => when === null || holds(when, reading, "when"));
  assert(step !== undefined, "a ladder's first level has no condition");
  const isKnown = reading.isKnownRise || reading.recurredTimes > 0;
  const isTicket = isKnown || (rule.singleClient === "ticket" && reading.isOneClientFailing);
  return isTicket && isPagingSeverity(step.level) ? HIGHEST_TICKET : step.level;
}

/** Negative, zero or positive as `left` is below, equal to or above `right`. */
export function compareSeverity(left: Severity, right: Severity): number {
  return SEVERITIES.indexOf(left) - SEVERITIES.indexOf(right);
}

/** Errors and criticals wake a person; warnings and infos are tickets. */
export function isPagingSeverity(severity: Severity): boolean {
  return severity === "error" || severity === "critical";
}
