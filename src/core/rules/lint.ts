/**
 * Warnings: what a careful colleague would ask about a bundle that works.
 *
 * Each lint looks at one thing and is silent when in doubt, because a warning that is wrong once is
 * read no more.
 */
import type { Place, Report } from "../text/yaml-document.ts";
import { warningAt } from "../text/yaml-document.ts";
import type { Gathered } from "./check.ts";
import { CONDITION_NAMES } from "./conditions.ts";
import { acceptsEverything } from "./glob.ts";
import type { FieldPatterns } from "./match.ts";
import type { FailureTest, Rule } from "./rule.ts";
import type { ReadRule } from "./rule-shape.ts";
import { isPagingSeverity } from "./severity.ts";

export type LintInput = { readonly gathered: Gathered; readonly isComplete: boolean; readonly nowWall: number };

/** Fewer failures than this in a burst are what one person with a wrong password makes. */
const FEW_FAILURES = 5;

export function lintBundle({ gathered, isComplete, nowWall }: LintInput, report: Report): void {
  for (const rule of gathered.rules) {
    lintFloor(rule, report);
    lintNextStep(rule, report);
    lintLadder(rule, report);
  }
  lintMutes(gathered, nowWall, report);
  lintRouteOrder(gathered, report);
  if (!isComplete) return;
  lintUnusedNotifiers(gathered, report);
  lintDoublePages(gathered.rules, report);
}

function lintFloor({ rule, id }: ReadRule, report: Report): void {
  if (rule.detector.kind !== "ewma") return;
  if (rule.detector.minFailures >= FEW_FAILURES || (rule.when.count ?? 0) >= FEW_FAILURES) return;
  const message = `rule "${rule.id}" may fire after fewer than ${FEW_FAILURES} failures; set \`when: {count: …}\` or a larger \`min_failures\``;
  report(warningAt(id.place, "AS305", message));
}

function lintNextStep({ rule, id }: ReadRule, report: Report): void {
  const isPaging = rule.severity.some(({ level }) => isPagingSeverity(level));
  if (!isPaging || rule.runbook !== null || rule.description !== null) return;
  report(
    warningAt(
      id.place,
      "AS306",
      `rule "${rule.id}" pages without a \`description\` or \`runbook\`: say what to do next`,
    ),
  );
}

/** A level is out of reach when the one above it asks for no more. */
function lintLadder({ rule, severity }: ReadRule, report: Report): void {
  rule.severity.forEach((step, index) => {
    const above = rule.severity[index + 1];
    if (step.when === null || above?.when === undefined || above.when === null) return;
    const asksMore = CONDITION_NAMES.some((name) => (above.when?.[name] ?? 0) > (step.when?.[name] ?? 0));
    if (asksMore) return;
    report(
      warningAt(
        severity.place,
        "AS310",
        `"${step.level}" is never reached: "${above.level}" asks for no more than it does`,
      ),
    );
  });
}

function lintMutes({ mutes }: Gathered, nowWall: number, report: Report): void {
  for (const { mute, place } of mutes) {
    if (mute.untilWall === null || mute.untilWall > nowWall) continue;
    report(warningAt(place, "AS304", `mute "${mute.id}" is over; take it out`));
  }
}

function lintRouteOrder({ routes }: Gathered, report: Report): void {
  const end = routes.findIndex(({ value }) => value.match.patterns.size === 0 && !value.continue);
  if (end < 0) return;
  for (const { place } of routes.slice(end + 1)) {
    report(warningAt(place, "AS303", `never reached: the route in line ${routes[end]?.place.line} takes everything`));
  }
}

function lintUnusedNotifiers({ routes, notifiers }: Gathered, report: Report): void {
  if (routes.length === 0) return;
  const used = new Set(routes.flatMap(({ value }) => value.notify.map((name) => name.value)));
  for (const { name, place } of notifiers) {
    if (!used.has(name)) report(warningAt(place, "AS302", `no route uses the notifier "${name}"`));
  }
}

/** Told only where it is certain: one rule takes in all that another judges, and counts its failures too. */
function lintDoublePages(rules: readonly ReadRule[], report: Report): void {
  // Every pair is looked at, so what a pair needs of each rule is worked out beforehand.
  const extents = rules.map(extentOf);
  extents.forEach((narrow, index) => {
    // Of two rules that take in one another, the later one is told.
    const wide = extents.find(
      (other, otherIndex) =>
        covers(other, narrow) && !isSettled(other.rule, narrow.rule) && (otherIndex < index || !covers(narrow, other)),
    );
    if (wide === undefined) return;
    const message = `"${narrow.rule.id}" and "${wide.rule.id}" would both alert for the same failures`;
    report(warningAt(narrow.place, "AS309", `${message}; add \`overrides: [${wide.rule.id}]\``));
  });
}

type Extent = {
  readonly rule: Rule;
  readonly place: Place;
  readonly patterns: FieldPatterns;
  /** The fields that do not accept everything. */
  readonly limits: readonly (readonly [field: string, patterns: readonly string[]])[];
};

function extentOf({ rule, id, match }: ReadRule): Extent {
  const limits = [...match.patterns].filter(([, patterns]) => !acceptsEverything(patterns));
  return { rule, place: id.place, patterns: match.patterns, limits };
}

function isSettled(wide: Rule, narrow: Rule): boolean {
  // A takeover is told whatever the rate: the two tell different things.
  if (wide.detector.kind !== narrow.detector.kind) return true;
  return wide.id === narrow.id || narrow.overrides.includes(wide.id) || wide.overrides.includes(narrow.id);
}

function covers(wide: Extent, narrow: Extent): boolean {
  for (const [field, patterns] of wide.limits) {
    const narrower = narrow.patterns.get(field);
    if (narrower === undefined || !narrower.every((pattern) => patterns.includes(pattern))) return false;
  }
  return countsAlso(wide.rule.count, narrow.rule.count);
}

/** Whether every failure of `narrow` is one of `wide`. */
function countsAlso(wide: FailureTest, narrow: FailureTest): boolean {
  if (wide.kind === "outcome" && narrow.kind === "outcome")
    return narrow.outcomes.every((outcome) => wide.outcomes.includes(outcome));
  if (wide.kind === "outcome" || narrow.kind === "outcome") return false;
  return wide.kind === narrow.kind && narrow.statuses.every((status) => wide.statuses.includes(status));
}
