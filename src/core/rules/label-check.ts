/**
 * Whether routes and mutes ask for labels that alerts can have.
 *
 * An alert's labels are the fields that its rule lists under `per`, the rule's own labels, `rule` and
 * `severity`. A label that no alert has matches nothing and says nothing, so a near miss is an error.
 */
import { nearestName } from "../diagnostic.ts";
import type { Report } from "../text/yaml-document.ts";
import { errorAt, warningAt } from "../text/yaml-document.ts";
import type { Gathered } from "./check.ts";
import { hasWildcard, isNegated } from "./glob.ts";
import type { PlacedPatterns } from "./pattern-shapes.ts";

/** Call it only when all files could be read: any of them may name a label. */
export function checkLabels({ rules, routes, mutes }: Gathered, report: Report): void {
  const known = new Set(["rule", "severity"]);
  for (const { rule } of rules) for (const name of [...rule.per, ...Object.keys(rule.labels)]) known.add(name);
  const ruleIds = new Set(rules.map(({ rule }) => rule.id));
  for (const { match } of [...routes.map(({ value }) => value), ...mutes]) {
    for (const [label, patterns] of match.patterns) {
      if (!known.has(label)) reportUnknownLabel({ label, match, known }, report);
      if (label === "rule") reportUnknownRules({ patterns, match, ruleIds }, report);
    }
  }
}

type LabelUse = { readonly label: string; readonly match: PlacedPatterns; readonly known: ReadonlySet<string> };

/** A near miss of a label is a slip and an error: the route would never be taken, and nobody would know. */
function reportUnknownLabel({ label, match, known }: LabelUse, report: Report): void {
  const place = match.places.get(label);
  if (place === undefined) return;
  const nearest = nearestName(label, known);
  const message = `no alert has a label "${label}"`;
  if (nearest === undefined) report(warningAt(place, "AS307", `${message}; known are ${[...known].join(", ")}`));
  else report(errorAt(place, "AS104", `${message}; did you mean "${nearest}"?`));
}

type RuleUse = {
  readonly patterns: readonly string[];
  readonly match: PlacedPatterns;
  readonly ruleIds: ReadonlySet<string>;
};

function reportUnknownRules({ patterns, match, ruleIds }: RuleUse, report: Report): void {
  const place = match.places.get("rule");
  for (const pattern of patterns) {
    const id = isNegated(pattern) ? pattern.slice(1) : pattern;
    if (place === undefined || hasWildcard(id) || ruleIds.has(id)) continue;
    report(warningAt(place, "AS307", `no rule has the id "${id}"`));
  }
}
