/**
 * Why a rule is silent about an endpoint, or is not: the form in which it is told.
 *
 * Plain data that survives JSON. Times are wall clock, because people read them.
 */
import type { BaselineDiagnosis, SamplingDiagnosis } from "../../detection/diagnosis.ts";
import type { Threshold } from "../../detection/excursions.ts";
import type { Gate } from "../../detection/gate.ts";
import type { AlarmClearance, AlarmKind } from "../../detection/reading.ts";
import type { EndpointNames } from "../../extraction/endpoint.ts";
import type { ConditionAnswer } from "../../rules/conditions.ts";
import type { Severity, SingleClient } from "../../rules/rule.ts";
import type { UnixMillis } from "../../time.ts";
import type { Alert } from "../alert.ts";

export type EndpointExplanation = {
  readonly endpoint: EndpointNames & { readonly name: string };
  /** It stands for all endpoints of its service beyond the bound. */
  readonly isOverflow: boolean;
  /** In the bundle's order. */
  readonly rules: readonly RuleExplanation[];
};

export type RuleExplanation = { readonly rule: string } & (
  | {
      readonly kind: "unmatched";
      /** What in `match` keeps the endpoint out. */
      readonly refusals: readonly MatchRefusal[];
    }
  | {
      readonly kind: "overridden";
      readonly by: readonly string[];
    }
  | {
      /** It judges no rate, but who gets in after failing. */
      readonly kind: "takeover";
      /** Clients that have failed lately, and the failures of the one that failed most. */
      readonly failingClients: number;
      readonly mostFailures: number;
      readonly sentence: string;
    }
  | {
      readonly kind: "watching";
      /** Attributes that `match` asks of each request besides. */
      readonly attributes: readonly { readonly field: string; readonly patterns: readonly string[] }[];
      /** Rules that take some of its requests away. */
      readonly sharedWith: readonly string[];
      /** The strongest evidence first, at most `SERIES_EXPLAINED_MAX`. */
      readonly series: readonly SeriesExplanation[];
      readonly seriesCount: number;
    }
);

export const SERIES_EXPLAINED_MAX = 5;

export type MatchRefusal = { readonly field: string; readonly value: string; readonly patterns: readonly string[] };

export type SeriesExplanation = {
  /** The rule's `per` fields. */
  readonly fields: Readonly<Record<string, string>>;
  readonly hasFailed: boolean;
  readonly usual: {
    readonly rate: number;
    /** Upper edge of the usual band, the guard: a rate below it is never evidence. */
    readonly upTo: number;
    readonly isKnown: boolean;
    readonly requestsPerSecond: number;
  };
  readonly baseline: BaselineDiagnosis;
  readonly present: {
    readonly rate: number;
    readonly deviation: number;
    /** Within the rule's window. */
    readonly requests: number;
    readonly failures: number;
    readonly windowMs: number;
  };
  /** Null when nothing speaks for an excess. */
  readonly excess: {
    /** Estimated onset. */
    readonly since: UnixMillis;
    readonly failures: number;
    readonly requests: number;
    readonly expectedFailures: number;
  } | null;
  /** How often chance alone would reach the evidence, and the threshold; null with a control limit. */
  readonly chance: { readonly evidence: string; readonly threshold: string } | null;
  readonly threshold: Threshold | null;
  /** As they stand now. */
  readonly gates: readonly Gate[];
  readonly client: {
    /** As people see clients; null when they are not to. */
    readonly name: string | null;
    readonly failures: number;
    readonly share: number;
    readonly gate: Gate;
    readonly isAlarmOfItsOwn: boolean;
  } | null;
  /** What the excess has to do with earlier ones. */
  readonly story: {
    /** It goes on where one that was paged was taken for usual, and is not clearly higher: a ticket. */
    readonly isKnownRise: boolean;
    /** On so many days, or in so many weeks, it came at this hour before, alike: a ticket, too; 0 when that makes it no habit. */
    readonly recurredTimes: number;
    /** It is known to return, so its alert stays open until it has been calm for so long; 0 when it is not. */
    readonly holdMs: number;
  };
  readonly singleClient: { readonly isOneClientFailing: boolean; readonly rule: SingleClient };
  readonly when: readonly ConditionAnswer[];
  readonly forMs: number;
  /** What an alert would be now. */
  readonly severity: Severity;
  /** Holds triggers back now. */
  readonly mute: { readonly id: string; readonly reason: string; readonly until: UnixMillis | null } | null;
  readonly sampling: SamplingDiagnosis;
  readonly alarm: {
    readonly isOn: boolean;
    readonly kind: AlarmKind | null;
    /** What held when it went on; it ends by a calm stretch, not by these. */
    readonly gates: readonly Gate[];
    readonly clearedBy: AlarmClearance | null;
  };
  readonly alert: {
    readonly id: string;
    readonly state: Alert["state"];
    readonly severity: Severity;
    readonly isPage: boolean;
    readonly pendingAt: UnixMillis;
    readonly recoveringSince: UnixMillis | null;
  } | null;
  readonly verdict: Verdict;
};

export type Verdict = {
  readonly state: "firing" | "pending" | "silent";
  /** The first of what does not hold: a gate, `when` or `for`; null while it fires. */
  readonly keptSilentBy: Gate["name"] | "when" | "for" | null;
  /** So many more failures within that time would make an alert; null when that many are not tried, or it has one. */
  readonly toGo: { readonly failures: number; readonly withinMs: number; readonly severity: Severity } | null;
  readonly sentence: string;
};
