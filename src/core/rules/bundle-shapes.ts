/**
 * The shapes of everything in a rule file besides the rules: budget, notifiers, routes, mutes, and
 * the file that holds them all.
 */

import type { CalendarDate } from "../text/scalar-shapes.ts";
import {
  boolean,
  calendarDate,
  duration,
  identifier,
  number,
  oneOf,
  scalar,
  text,
  timeOfDay,
  wholeNumber,
} from "../text/scalar-shapes.ts";
import type { Placed, Shape, ValueOf } from "../text/shape.ts";
import { list, mapped, object, oneOrMany, optional, placed, record, required, withDefault } from "../text/shape.ts";
import type { ScalarNode, YamlNode } from "../text/yaml-document.ts";
import { entryOf, errorAt } from "../text/yaml-document.ts";
import { DAY_MS } from "../time.ts";
import { endOfDay, isTimeZone, parseTimestamp, startOfDay } from "./calendar.ts";
import { compileLabelMatcher } from "./match.ts";
import type { PlacedPatterns } from "./pattern-shapes.ts";
import { labelPatterns } from "./pattern-shapes.ts";
import type { Budget, Mute, WeeklyWindow } from "./rule.ts";
import { ruleShape } from "./rule-shape.ts";

export const RULES_MAX = 1000;
export const NOTIFIERS_MAX = 100;
export const ROUTES_MAX = 200;
export const MUTES_MAX = 500;

export const DEFAULT_BUDGET: Budget = { falsePages: 1, perMs: 30 * DAY_MS };

const budget: Shape<Placed<Budget>> = placed(
  mapped(
    object({
      false_pages: withDefault(
        number({ min: 0.001, max: 1_000_000 }),
        1,
        "False pages that may be sent in the period.",
      ),
      per: withDefault(duration({ min: "1d", max: "365d" }), "30d", "The period."),
    }),
    ({ false_pages, per }): Budget => ({ falsePages: false_pages, perMs: per }),
  ),
);

/** Text in which `${env:…}` and `${file:…}` still stand; kept as a node so that errors can point into it. */
const expandable: Shape<ScalarNode> = {
  ...text({ max: 2000 }),
  read: (node, report) => {
    const value = text({ max: 2000 }).read(node, report);
    return value === undefined || node.kind !== "scalar" ? undefined : node;
  },
};

const pagerdutyFields = object({
  routing_key: required(
    expandable,
    "Integration key of the PagerDuty service. Keep it out of the file: name a variable or a file.",
  ),
  region: withDefault(oneOf(["us", "eu"]), "us", "Service region of the PagerDuty account."),
  url: optional(expandable, "Address to send events to in place of the region's, for proxies and tests."),
});

export type ReadPagerduty = ValueOf<typeof pagerdutyFields>;
export type ReadNotifier =
  | { readonly kind: "log"; readonly name: string; readonly place: YamlNode["place"] }
  | {
      readonly kind: "pagerduty";
      readonly name: string;
      readonly place: YamlNode["place"];
      readonly settings: ReadPagerduty;
    };

type UnnamedNotifier = { readonly kind: "log" } | { readonly kind: "pagerduty"; readonly settings: ReadPagerduty };

const notifier: Shape<Placed<UnnamedNotifier>> = placed(
  mapped(
    object({
      pagerduty: optional(pagerdutyFields, "Pages through PagerDuty's Events API v2."),
      log: optional(object({}), "Writes to the log."),
    }),
    ({ pagerduty, log }, { node, report }): UnnamedNotifier | undefined => {
      if (pagerduty !== null && log === null) return { kind: "pagerduty", settings: pagerduty };
      if (log !== null && pagerduty === null) return { kind: "log" };
      report(errorAt(node.place, "AS205", "give exactly one of pagerduty and log"));
      return undefined;
    },
  ),
);

const notifiers: Shape<readonly ReadNotifier[]> = mapped(
  record(notifier, { shape: identifier({ noun: "a notifier's name" }), max: NOTIFIERS_MAX }),
  (named, { node }) =>
    [...named].map(([name, { value, place }]) => ({ ...value, name, place: keyPlace(node, name) ?? place })),
);

const route = placed(
  object({
    match: withDefault(labelPatterns, {}, "Labels of the alerts that take this route; left out, all do."),
    notify: required(
      oneOrMany(placed(identifier({ noun: "a notifier's name" })), { max: 20 }),
      'Notifiers to tell, by name; "log" always exists.',
    ),
    continue: withDefault(boolean, false, "Go on to the routes below as well."),
  }),
);

export type ReadRoute = ValueOf<typeof route>;

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const timeZone: Shape<string> = scalar({
  noun: "a time zone such as Europe/Berlin",
  schema: { type: "string", maxLength: 100 },
  read: (name, refuse) => {
    if (/^[A-Za-z0-9_+/-]{1,100}$/.test(name) && isTimeZone(name)) return name;
    return refuse("AS218", `"${name.slice(0, 80)}" is no time zone; they are named as in Europe/Berlin, or UTC`);
  },
});

const weekly: Shape<WeeklyWindow> = mapped(
  object({
    days: required(oneOrMany(oneOf(WEEKDAYS), { max: 7 }), "Days on which the window opens."),
    from: required(timeOfDay, "When it opens."),
    to: required(timeOfDay, "When it closes; at or before `from`, on the next day."),
    tz: withDefault(timeZone, "UTC", "The time zone, by its IANA name."),
  }),
  ({ days, from, to, tz }): WeeklyWindow => ({
    days: days.map((day) => WEEKDAYS.indexOf(day) + 1),
    fromMinute: from,
    toMinute: to,
    timeZone: tz,
  }),
);

/** A whole day, or a moment: a day begins and ends by the mute's own time zone. */
type CalendarPoint =
  | { readonly kind: "day"; readonly date: CalendarDate }
  | { readonly kind: "moment"; readonly wall: number };

const calendarPoint: Shape<CalendarPoint> = scalar({
  noun: "a date such as 2026-12-31, or a time such as 2026-12-31T18:00:00Z",
  schema: { type: "string", pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2}))?$" },
  read: (value, refuse, node, report) => {
    if (!value.includes("T")) {
      const date = calendarDate.read(node, report);
      return date === undefined ? undefined : { kind: "day", date };
    }
    const wall = parseTimestamp(value);
    return wall === undefined
      ? refuse("AS202", `expected a time such as 2026-12-31T18:00:00Z, not "${value.slice(0, 80)}"`)
      : { kind: "moment", wall };
  },
});

const muteFields = object({
  id: required(identifier({ noun: "a mute's id" }), "Names the mute."),
  match: required(labelPatterns, "Labels of the alerts that it keeps quiet."),
  weekly: optional(weekly, "Hours of the week in which it holds; left out, it holds all the time."),
  from: optional(calendarPoint, "The first day, or the moment it begins."),
  until: optional(calendarPoint, "The last day, or the moment it ends. Required without `weekly`."),
  owner: required(text({ min: 1, max: 200 }), "Who answers for it."),
  reason: required(text({ min: 1, max: 500 }), "Why alerts may be kept quiet."),
});

export type ReadMute = { readonly mute: Mute; readonly match: PlacedPatterns; readonly place: YamlNode["place"] };

const mute: Shape<ReadMute> = mapped(muteFields, (fields, { node, report }) => {
  const zone = fields.weekly?.timeZone ?? "UTC";
  const fromWall = fields.from === null ? null : pointBegin(fields.from, zone);
  const untilWall = fields.until === null ? null : pointEnd(fields.until, zone);
  const problem = muteProblem({ fields, fromWall, untilWall });
  if (problem !== undefined) {
    report(errorAt(entryOf(node, "until")?.value.place ?? node.place, "AS219", problem));
    return undefined;
  }
  const { id, owner, reason, match } = fields;
  const compiled: Mute = {
    id,
    match: compileLabelMatcher(match.patterns),
    weekly: fields.weekly,
    fromWall,
    untilWall,
    owner,
    reason,
  };
  return { mute: compiled, match, place: node.place };
});

export const ruleFileShape = object({
  version: withDefault(placed(wholeNumber({ min: 0, max: 1_000_000 })), 1, "Version of this format: 1."),
  budget: optional(budget, "How many false pages the whole fleet may send; evidence is asked for accordingly."),
  rules: withDefault(list(ruleShape, { max: RULES_MAX }), [], "The rules."),
  notifiers: withDefault(notifiers, {}, "Ways to tell people, by name."),
  routes: optional(
    placed(list(route, { min: 1, max: ROUTES_MAX })),
    "Which alerts go to which notifiers: the first that matches.",
  ),
  mutes: withDefault(list(mute, { max: MUTES_MAX }), [], "Alerts that are known of and kept quiet for a time."),
});

export type RuleFile = ValueOf<typeof ruleFileShape>;

function keyPlace(node: YamlNode, key: string) {
  return entryOf(node, key)?.keyPlace;
}

function pointBegin(point: CalendarPoint, zone: string): number {
  return point.kind === "moment" ? point.wall : startOfDay(point.date, zone);
}

function pointEnd(point: CalendarPoint, zone: string): number {
  return point.kind === "moment" ? point.wall : endOfDay(point.date, zone);
}

type MuteSpan = {
  readonly fields: ValueOf<typeof muteFields>;
  readonly fromWall: number | null;
  readonly untilWall: number | null;
};

function muteProblem({ fields, fromWall, untilWall }: MuteSpan): string | undefined {
  if (fields.match.patterns.size === 0)
    return "a mute of everything would blind you; name what it is about under `match`";
  if (fields.weekly === null && untilWall === null)
    return "without `weekly` a mute needs an `until`: one that never ends is forgotten";
  if (fromWall !== null && untilWall !== null && untilWall <= fromWall) return "the mute ends before it begins";
  return undefined;
}
