/**
 * What a rule bundle means once it has been read and found right.
 *
 * A bundle is taken whole or not at all. Nothing in here refers back to the text except `source`,
 * which lets a page name the file and line of the rule that sent it.
 */
import type { RateDetectorSettings } from "../detection/detector.ts";
import type { EndpointNames } from "../extraction/endpoint.ts";
import { sideOf } from "../extraction/endpoint.ts";
import type { Outcome } from "../extraction/observation.ts";

export const SEVERITIES = ["info", "warning", "error", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Fields of an endpoint that `match` and `per` name; any other key is an attribute of the span. */
export const ENDPOINT_FIELDS = ["service", "namespace", "env", "method", "route", "protocol", "side", "peer"] as const;
export type EndpointField = (typeof ENDPOINT_FIELDS)[number];

/** Whether a service answers a request or sends it. */
export const SIDES = ["server", "client"] as const;
export type Side = (typeof SIDES)[number];

export type RuleSet = {
  /** SHA-256 of the bundle's texts, 64 hex digits; names the revision on every page. */
  readonly hash: string;
  readonly budget: Budget;
  readonly rules: readonly Rule[];
  readonly notifiers: readonly Notifier[];
  readonly routes: readonly Route[];
  readonly mutes: readonly Mute[];
};

/** How many false pages the whole fleet may send in a period. */
export type Budget = { readonly falsePages: number; readonly perMs: number };

export type Rule = {
  /** Immutable: history, state and dedup key hang on it. */
  readonly id: string;
  readonly match: Matcher;
  readonly count: FailureTest;
  /** Endpoint fields or attribute names whose values together name one series. */
  readonly per: readonly string[];
  readonly detector: DetectorSettings;
  /** All must hold, besides the detector's own alarm. */
  readonly when: Conditions;
  readonly windowMs: number;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** All must hold before the alert may begin to resolve; empty = the detector decides alone. */
  readonly recover: Conditions;
  /** Rising order; the first has no condition. */
  readonly severity: readonly SeverityStep[];
  readonly singleClient: SingleClient;
  readonly summary: Template;
  readonly description: Template | null;
  readonly runbook: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Ids of rules that stay silent for whatever this rule matches. */
  readonly overrides: readonly string[];
  readonly source: { readonly file: string; readonly line: number };
};

export type FailureTest =
  | { readonly kind: "outcome"; readonly outcomes: readonly Outcome[] }
  | { readonly kind: "http_status"; readonly statuses: readonly number[] }
  | { readonly kind: "grpc_status"; readonly statuses: readonly number[] };

/** What an alert rests on: a rate that has left what is usual, or a success of whoever had kept failing. */
export type DetectorSettings = RateDetectorSettings | { readonly kind: "takeover" };

/** Each condition that is not null must hold. */
export type Conditions = {
  /** Rate now over the usual rate, at least (in `when`) or at most (in `recover`). */
  readonly ratio: number | null;
  /** Share of requests that fail, 0 to 1. */
  readonly rate: number | null;
  /** Failures within the rule's window. */
  readonly count: number | null;
  /** Distance of the rate from the usual, in the baseline's standard deviations. */
  readonly deviation: number | null;
};

/** What a burst comes to while one client fails alone: at most a ticket, or what the ladder says. */
export const SINGLE_CLIENT = ["ticket", "page"] as const;
export type SingleClient = (typeof SINGLE_CLIENT)[number];

export type SeverityStep = { readonly level: Severity; readonly when: Conditions | null };

/** Text with `{{variable|filter}}` places, checked when the bundle is read: it cannot fail later. */
export type Template = { readonly parts: readonly TemplatePart[] };
export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string; readonly filter: string | null };

/** Compiled `match`: all fields must agree. */
export type Matcher = {
  /** Fields of the endpoint: the answer can be kept per endpoint. */
  readonly endpoint: readonly FieldTest<EndpointField>[];
  /** Attributes of the span: the answer is needed per request. */
  readonly attributes: readonly FieldTest<string>[];
};
export type FieldTest<Field extends string> = {
  readonly field: Field;
  /** As they stand in the file: what people and the history of rules are shown. */
  readonly patterns: readonly string[];
  readonly accepts: (value: string) => boolean;
};

export type Notifier = {
  readonly name: string;
  /**
   * Names kind, address and key without giving them away: 24 hex digits of the hash of
   * `JSON.stringify([kind, url, key])`. An alert keeps it, so that later edits of the notifier do not
   * redirect the resolve.
   */
  readonly targetId: string;
} & (
  | {
      readonly kind: "pagerduty";
      /** A secret: never shown, logged or exported. */
      readonly routingKey: string;
      readonly url: string;
    }
  | { readonly kind: "log" }
);

/** First match wins unless `continues`. The last route of a bundle matches everything. */
export type Route = {
  readonly match: LabelMatcher;
  readonly notify: readonly string[];
  readonly continues: boolean;
};

/** Tests on an alert's labels: the rule's own, the series' fields, `severity` and `rule`. */
export type LabelMatcher = readonly FieldTest<string>[];

export type Mute = {
  readonly id: string;
  readonly match: LabelMatcher;
  /** null = at all times until `untilWall`. */
  readonly weekly: WeeklyWindow | null;
  /** Wall clock; null when the bundle gives none. */
  readonly fromWall: number | null;
  readonly untilWall: number | null;
  readonly owner: string;
  readonly reason: string;
};

export type WeeklyWindow = {
  /** 1 = Monday to 7 = Sunday: the day on which the window opens. */
  readonly days: readonly number[];
  readonly fromMinute: number;
  /** At or before `fromMinute`: the window ends on the next day. */
  readonly toMinute: number;
  /** IANA name. */
  readonly timeZone: string;
};

/** Whether the rule judges requests that services answer, or those that they send. */
export function watchesSide({ match }: Pick<Rule, "match">, side: Side): boolean {
  return match.endpoint.every((test) => test.field !== "side" || test.accepts(side));
}

export function isEndpointField(name: string): name is EndpointField {
  return ENDPOINT_FIELDS.some((field) => field === name);
}

/** The value of an endpoint's field under the name that rule files use. */
export function endpointField(endpoint: EndpointNames, field: EndpointField): string {
  switch (field) {
    case "service":
      return endpoint.service;
    case "namespace":
      return endpoint.namespace;
    case "env":
      return endpoint.environment;
    case "method":
      return endpoint.method;
    case "route":
      return endpoint.route;
    case "protocol":
      return endpoint.protocol;
    case "side":
      return sideOf(endpoint);
    case "peer":
      return endpoint.peer ?? "";
  }
}
