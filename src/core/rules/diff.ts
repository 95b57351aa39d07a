/**
 * What a new bundle changes: for the history of rules, the log, and `rules diff`.
 *
 * Rules are compared field by field in the form in which people write them, so that a change of
 * layout or of file is no change. Routing keys are compared and never shown.
 */
import { formatDuration } from "../text/quantity.ts";
import type { JsonValue } from "../text/shape.ts";
import { formatMoment } from "./calendar.ts";
import { writePatterns, writeRule } from "./effective-rule.ts";
import type { Budget, Mute, Notifier, Route, RuleSet } from "./rule.ts";

export type RuleSetDiff = {
  readonly rules: PartDiff;
  readonly notifiers: PartDiff;
  readonly mutes: PartDiff;
  /** Routes have no names: the whole list is compared, in order. */
  readonly routes: readonly FieldChange[];
  readonly budget: readonly FieldChange[];
};

export type PartDiff = {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly { readonly id: string; readonly fields: readonly FieldChange[] }[];
};

/** Both sides as short text; "" where the field is not there. */
export type FieldChange = { readonly field: string; readonly before: string; readonly after: string };

export function diffRuleSets(before: RuleSet, after: RuleSet): RuleSetDiff {
  return {
    rules: diffPart(
      byId(before.rules, ({ id }) => id, writeRule),
      byId(after.rules, ({ id }) => id, writeRule),
    ),
    notifiers: diffPart(
      byId(before.notifiers, ({ name }) => name, writeNotifier),
      byId(after.notifiers, ({ name }) => name, writeNotifier),
    ),
    mutes: diffPart(
      byId(before.mutes, ({ id }) => id, writeMute),
      byId(after.mutes, ({ id }) => id, writeMute),
    ),
    routes: diffFields({ routes: before.routes.map(writeRoute) }, { routes: after.routes.map(writeRoute) }),
    budget: diffFields(writeBudget(before.budget), writeBudget(after.budget)),
  };
}

export function isEmptyDiff(diff: RuleSetDiff): boolean {
  return summarizeDiff(diff).length === 0;
}

/** One line for each thing that changed, as in `~ rule http-401: window 1m → 2m`. */
export function summarizeDiff(diff: RuleSetDiff): readonly string[] {
  return [
    ...summarizePart("rule", diff.rules),
    ...summarizePart("notifier", diff.notifiers),
    ...summarizePart("mute", diff.mutes),
    ...[...diff.budget, ...diff.routes].map((change) => `~ ${summarizeChange(change)}`),
  ];
}

type Written = { readonly [field: string]: JsonValue };

function byId<Part>(parts: readonly Part[], idOf: (part: Part) => string, write: (part: Part) => Written) {
  return new Map(parts.map((part) => [idOf(part), write(part)]));
}

function diffPart(before: ReadonlyMap<string, Written>, after: ReadonlyMap<string, Written>): PartDiff {
  const changed = [...after].flatMap(([id, written]) => {
    const earlier = before.get(id);
    const fields = earlier === undefined ? [] : diffFields(earlier, written);
    return fields.length === 0 ? [] : [{ id, fields }];
  });
  return {
    added: [...after.keys()].filter((id) => !before.has(id)),
    removed: [...before.keys()].filter((id) => !after.has(id)),
    changed,
  };
}

function diffFields(before: Written, after: Written): readonly FieldChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((field) => {
    const [left, right] = [fieldText(before[field]), fieldText(after[field])];
    return left === right ? [] : [{ field, before: shortened(left), after: shortened(right) }];
  });
}

/** A new routing key shows as a new target. */
function writeNotifier(notifier: Notifier): Written {
  const { kind, targetId } = notifier;
  return { kind, ...(kind === "pagerduty" && { url: notifier.url }), target: targetId };
}

function writeMute({ match, weekly, fromWall, untilWall, owner, reason }: Mute): Written {
  return {
    match: writePatterns(match),
    ...(weekly !== null && { weekly: { ...weekly } }),
    ...(fromWall !== null && { from: formatMoment(fromWall) }),
    ...(untilWall !== null && { until: formatMoment(untilWall) }),
    owner,
    reason,
  };
}

function writeRoute({ match, notify, continues }: Route): JsonValue {
  return { match: writePatterns(match), notify, ...(continues && { continue: true }) };
}

function writeBudget({ falsePages, perMs }: Budget): Written {
  return { budget: `${falsePages} per ${formatDuration(perMs)}` };
}

function summarizePart(what: string, { added, removed, changed }: PartDiff): readonly string[] {
  return [
    ...added.map((id) => `+ ${what} ${id}`),
    ...removed.map((id) => `- ${what} ${id}`),
    ...changed.map(({ id, fields }) => `~ ${what} ${id}: ${fields.map(summarizeChange).join("; ")}`),
  ];
}

function summarizeChange({ field, before, after }: FieldChange): string {
  return `${field} ${before === "" ? "(none)" : before} → ${after === "" ? "(none)" : after}`;
}

const SHORT_TEXT_MAX_LENGTH = 500;

function fieldText(value: JsonValue | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value, withSortedKeys);
}

/** The order of labels and fields means nothing. */
function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function shortened(text: string): string {
  return text.length > SHORT_TEXT_MAX_LENGTH ? `${text.slice(0, SHORT_TEXT_MAX_LENGTH - 1)}…` : text;
}
