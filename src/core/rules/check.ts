/**
 * What only the bundle as a whole can tell: names given twice, names that nobody gave, rules that
 * override one another in a circle, alerts that reach nobody.
 *
 * When a file could not be read, checks for unknown names are left out: whatever is missing may stand
 * in that file, and a false alarm would hide the real fault.
 */
import { withSuggestion } from "../diagnostic.ts";
import type { Placed } from "../text/shape.ts";
import type { Place, Report } from "../text/yaml-document.ts";
import { errorAt } from "../text/yaml-document.ts";
import type { ReadMute, ReadNotifier, ReadRoute } from "./bundle-shapes.ts";
import { DEFAULT_BUDGET, MUTES_MAX, NOTIFIERS_MAX, RULES_MAX } from "./bundle-shapes.ts";
import { checkLabels } from "./label-check.ts";
import { lintBundle } from "./lint.ts";
import { compileLabelMatcher } from "./match.ts";
import { logNotifier, resolveNotifier } from "./notifier.ts";
import type { Notifier, Route, RuleSet } from "./rule.ts";
import type { BundleContext, ReadBundle } from "./rule-bundle.ts";
import type { ReadRule } from "./rule-shape.ts";

/** The bundle's files, joined. */
export type Gathered = {
  readonly rules: readonly ReadRule[];
  readonly notifiers: readonly ReadNotifier[];
  readonly routes: readonly Placed<ReadRoute["value"]>[];
  readonly mutes: readonly ReadMute[];
};

export type CheckedBundle = { readonly parts: Omit<RuleSet, "hash">; readonly notices: readonly string[] };

/** Exists in every bundle. */
const LOG_NAME = "log";

/** Reports what is wrong; the parts returned may be used only if no error was reported. */
export function checkBundle(bundle: ReadBundle, context: BundleContext, report: Report): CheckedBundle {
  const gathered = gather(bundle);
  checkVersions(bundle, report);
  checkGivenOnce(bundle, report);
  checkCounts(gathered, context, report);
  checkUnique(gathered, report);
  checkOverrides(bundle, gathered.rules, report);
  checkRoutes(bundle, gathered, report);
  const resolved = resolveNotifiers(gathered, context, report);
  if (bundle.isComplete && gathered.rules.length === 0) reportEmpty(context, report);
  if (bundle.isComplete) checkLabels(gathered, report);
  lintBundle({ gathered, isComplete: bundle.isComplete, nowWall: context.nowWall }, report);
  return {
    parts: {
      budget: bundle.files.find((file) => file.budget !== null)?.budget?.value ?? DEFAULT_BUDGET,
      rules: gathered.rules.map(({ rule }) => rule),
      notifiers: resolved.notifiers,
      routes: compileRoutes(gathered.routes, resolved.notifiers),
      mutes: gathered.mutes.map(({ mute }) => mute),
    },
    notices: resolved.notices,
  };
}

function gather({ files }: ReadBundle): Gathered {
  return {
    rules: files.flatMap((file) => file.rules),
    notifiers: files.flatMap((file) => file.notifiers),
    routes: files.find((file) => file.routes !== null)?.routes?.value ?? [],
    mutes: files.flatMap((file) => file.mutes),
  };
}

function checkVersions({ files }: ReadBundle, report: Report): void {
  for (const { version } of files) {
    if (version.value !== 1)
      report(
        errorAt(version.place, "AS221", `version ${version.value} is unknown to this release; it reads version 1`),
      );
  }
}

/** The order of routes matters, and files have none worth relying on. */
function checkGivenOnce({ files }: ReadBundle, report: Report): void {
  for (const field of ["routes", "budget"] as const) {
    const given = files.flatMap((file) => file[field] ?? []);
    for (const { place } of given.slice(1)) {
      report(errorAt(place, "AS222", `\`${field}\` is already given in ${given[0]?.place.file}; a bundle has it once`));
    }
  }
}

function checkCounts(gathered: Gathered, context: BundleContext, report: Report): void {
  const counts = [
    ["rules", gathered.rules.length, RULES_MAX],
    ["notifiers", gathered.notifiers.length, NOTIFIERS_MAX],
    ["mutes", gathered.mutes.length, MUTES_MAX],
  ] as const;
  for (const [what, count, max] of counts) {
    if (count > max)
      report(errorAt(directoryPlace(context), "AS203", `at most ${max} ${what} in a bundle, not ${count}`));
  }
}

function checkUnique({ rules, notifiers, mutes }: Gathered, report: Report): void {
  reportRepeated(
    "rule",
    rules.map(({ id }) => id),
    report,
  );
  reportRepeated(
    "notifier",
    notifiers.map(({ name, place }) => ({ value: name, place })),
    report,
  );
  reportRepeated(
    "mute",
    mutes.map(({ mute, place }) => ({ value: mute.id, place })),
    report,
  );
  for (const { name, place, kind } of notifiers) {
    if (name === LOG_NAME && kind !== "log")
      report(errorAt(place, "AS210", 'the name "log" belongs to the log that always exists'));
  }
}

function reportRepeated(what: string, names: readonly Placed<string>[], report: Report): void {
  const first = new Map<string, Place>();
  for (const { value, place } of names) {
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, place);
    else report(errorAt(place, "AS210", `${what} "${value}" already exists at ${earlier.file}:${earlier.line}`));
  }
}

function checkOverrides(bundle: ReadBundle, rules: readonly ReadRule[], report: Report): void {
  for (const { overrides } of rules) {
    for (const { value, place } of overrides) {
      if (bundle.declared.rules.has(value) || !bundle.isComplete) continue;
      report(errorAt(place, "AS211", withSuggestion(`no rule has the id "${value}"`, value, bundle.declared.rules)));
    }
  }
  const byId = new Map(rules.map((rule) => [rule.rule.id, rule]));
  for (const rule of rules) reportCircle(rule, byId, report);
}

/** Told once per circle, at the rule whose id comes first in it. */
function reportCircle(start: ReadRule, byId: ReadonlyMap<string, ReadRule>, report: Report): void {
  const circle = findCircle(start, byId);
  if (circle === undefined) return;
  const isFirst = circle.every((id) => id >= start.rule.id);
  const message = `rules override one another in a circle: ${[...circle, start.rule.id].join(" → ")}`;
  if (isFirst) report(errorAt(start.overrides[0]?.place ?? start.id.place, "AS212", message));
}

/** The ids on a way through `overrides` from a rule back to itself. */
function findCircle(start: ReadRule, byId: ReadonlyMap<string, ReadRule>): readonly string[] | undefined {
  const visited = new Set<string>();
  const ways: (readonly string[])[] = [[start.rule.id]];
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    for (const next of byId.get(way.at(-1) ?? "")?.rule.overrides ?? []) {
      if (next === start.rule.id) return way;
      if (!visited.has(next)) ways.push([...way, next]);
      visited.add(next);
    }
  }
  return undefined;
}

function checkRoutes(bundle: ReadBundle, { routes }: Gathered, report: Report): void {
  const known = new Set([...bundle.declared.notifiers, LOG_NAME]);
  for (const { value: route } of routes) {
    for (const { value, place } of route.notify) {
      if (known.has(value) || !bundle.isComplete) continue;
      report(errorAt(place, "AS213", withSuggestion(`no notifier has the name "${value}"`, value, known)));
    }
  }
  const last = routes.at(-1);
  if (last === undefined || last.value.match.patterns.size === 0) return;
  report(
    errorAt(
      last.place,
      "AS214",
      "the last route must match everything, so that no alert reaches nobody: add `- {notify: [log]}`",
    ),
  );
}

function resolveNotifiers(gathered: Gathered, context: BundleContext, report: Report) {
  const used = new Set(gathered.routes.flatMap(({ value }) => value.notify.map((name) => name.value)));
  const isUsed = (name: string) => gathered.routes.length === 0 || used.has(name);
  const notifiers = new Map([[LOG_NAME, logNotifier(LOG_NAME, context.hash)]]);
  const notices: string[] = [];
  for (const read of gathered.notifiers) {
    const use = isUsed(read.name) ? "routed" : "unused";
    const { notifier, notice } = resolveNotifier(read, { sources: context.sources, hash: context.hash, use }, report);
    notifiers.set(read.name, notifier);
    if (notice !== null) notices.push(notice);
  }
  return { notifiers: [...notifiers.values()], notices };
}

/** Without routes every pager there is gets the pages, and the log gets the rest. */
function compileRoutes(routes: Gathered["routes"], notifiers: readonly Notifier[]): readonly Route[] {
  if (routes.length > 0) {
    return routes.map(({ value }) => ({
      match: compileLabelMatcher(value.match.patterns),
      notify: value.notify.map((name) => name.value),
      continues: value.continue,
    }));
  }
  const pagers = notifiers.filter(({ kind }) => kind === "pagerduty").map(({ name }) => name);
  const log: Route = { match: [], notify: [LOG_NAME], continues: false };
  if (pagers.length === 0) return [log];
  const pages = compileLabelMatcher(new Map([["severity", ["error", "critical"]]]));
  return [{ match: pages, notify: pagers, continues: false }, log];
}

function reportEmpty(context: BundleContext, report: Report): void {
  // A volume that is not mounted looks like a directory without rules, and must not end all watching.
  report(errorAt(directoryPlace(context), "AS224", "no rules found; a bundle without rules would watch nothing"));
}

function directoryPlace({ directory }: BundleContext): Place {
  return { file: directory, line: 1, column: 1, length: 1 };
}
