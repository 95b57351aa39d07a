/**
 * An alert: one episode of one rule on one series, from the first doubt to the resolve.
 *
 * The states follow Prometheus (pending, firing, resolved), the event follows PagerDuty. An alert is
 * a value: each transition makes a new one, and SQLite keeps the newest.
 */
import type { Gate } from "../detection/gate.ts";
import type { Reading } from "../detection/reading.ts";
import type { Confidence } from "../extraction/causes/cause.ts";
import type { EndpointNames } from "../extraction/endpoint.ts";
import type { Severity } from "../rules/rule.ts";
import type { UnixMillis } from "../time.ts";
import type { CauseFailures } from "./cause-tally.ts";
import type { Told } from "./updates.ts";

type AlertFacts = {
  /** Unique per episode: `<rule>-<fingerprint>-<pendingAt in base 36, microseconds>`. */
  readonly id: string;
  readonly ruleId: string;
  /** 16 hex digits of the series' fields: one series keeps one fingerprint across restarts and edits. */
  readonly fingerprint: string;
  /** `authspike/<rule id>/<fingerprint>`, at most 255 characters: the key of an incident that it opens. */
  readonly dedupKey: string;
  /** null until it fires. */
  readonly incident: IncidentPlace | null;
  /** The series' fields, the rule's labels, `rule` and `severity`: what routes and mutes match. */
  readonly labels: Readonly<Record<string, string>>;
  /** The endpoint of the first failure; for series wider than an endpoint, an example. */
  readonly endpoint: EndpointNames;
  readonly severity: Severity;
  /** True when its severity wakes a person: `error` or `critical`. */
  readonly isPage: boolean;
  /** Steady clock, like every time in here. */
  readonly pendingAt: UnixMillis;
  readonly evidence: Evidence;
  /** What those who were told of it know: from when it fires on. */
  readonly told: Told;
  /** Every notifier target whose incident it is part of, and which must see that one's resolve. */
  readonly triggered: readonly TriggeredTarget[];
  /** Id of the mute that keeps the trigger back; null when none does. */
  readonly mutedBy: string | null;
  /** Since when the condition for resolving has held; null while it does not. */
  readonly recoveringSince: UnixMillis | null;
  /** Hash of the rule bundle in force at the last transition. */
  readonly bundle: string;
};

export type Alert = AlertFacts &
  (
    | { readonly state: "pending" }
    | { readonly state: "firing"; readonly firedAt: UnixMillis }
    | {
        readonly state: "resolved";
        /** null when the alert ended while pending. */
        readonly firedAt: UnixMillis | null;
        readonly resolvedAt: UnixMillis;
        readonly resolveReason: ResolveReason;
      }
  );

/** Which incident an alert belongs to. Alarms that begin together are one, and one page. */
export type IncidentPlace = {
  /** Id of the alert that opened it. */
  readonly id: string;
  /** That alert's dedup key; every event of the incident carries it. */
  readonly dedupKey: string;
  readonly openedAt: UnixMillis;
  /** 1 for the alert that opened it, rising as others join. */
  readonly place: number;
};

export type ResolveReason = "recovered" | "silent" | "new_level" | "rule_removed" | "rule_changed";

/** A notifier as it was when it was sent the trigger: later edits do not redirect the resolve. */
export type TriggeredTarget = {
  readonly notifier: string;
  /** Names the frozen address and key in the store. */
  readonly targetId: string;
};

/** Grows with the episode: it tells the whole of it, not only how it began. */
export type Evidence = {
  /** Estimated onset of the first wave. */
  readonly since: UnixMillis;
  /** Failures since the onset, adjusted count, over all waves of the episode. */
  readonly failures: number;
  /** Requests in the same time, failed or not. */
  readonly requests: number;
  /** The part of both that belongs to waves that had ended before the present one began. */
  readonly before: { readonly failures: number; readonly requests: number };
  readonly requestsPerSecond: number;
  readonly usualRequestsPerSecond: number;
  /** As of the latest reading, so it falls while the alert recovers. */
  readonly rate: number;
  /** The highest rate while the alarm was on. */
  readonly peakRate: number;
  readonly usual: number;
  /** False when the episode began before enough had been seen to call anything usual. */
  readonly isUsualKnown: boolean;
  readonly deviation: number;
  /** The most there was, and the threshold it had to pass, in nats. */
  readonly evidence: number;
  readonly threshold: number;
  readonly alarmKind: Reading["alarmKind"];
  /** What held when the alarm of the latest wave went on. */
  readonly gates: readonly Gate[];
  /** Share of the failures that the busiest client holds, 0 to 1. */
  readonly busiestClientShare: number;
  /** Mostly one client's failures, where others succeed; of a takeover: the evidence is weak. */
  readonly isOneClientFailing: boolean;
  /** On how many days, or in how many weeks, it came at this hour before, alike; 0 when that makes it no habit. */
  readonly recurredTimes: number;
  /** Busiest first, at most `TOP_CLIENTS_MAX`. */
  readonly topClients: readonly ClientFailures[];
  /** On a sign-in route: clients that kept failing and then succeeded, at most `TOP_CLIENTS_MAX`. */
  readonly successesAfterFailures: readonly SuccessAfterFailures[];
  /** Newest last, at most `EXAMPLES_MAX`. */
  readonly examples: readonly SpanReference[];
  /** What the episode looks like; null while undecided. */
  readonly pattern: string | null;
  readonly patternConfidence: Confidence | null;
  /** The leading cause with its share of the failures, as in `expired (82%)`; null when none leads. */
  readonly cause: string | null;
  /** The commonest first; those that show no cause are among them. */
  readonly causes: readonly CauseFailures[];
};

export const TOP_CLIENTS_MAX = 5;
export const EXAMPLES_MAX = 3;

/** `client` is the keyed fingerprint as people see it, never an address. */
export type ClientFailures = { readonly client: string; readonly failures: number };

/** A client that kept failing and then got in. A rule about takeovers knows all of it, one about rates has the nulls. */
export type SuccessAfterFailures = {
  /** As people see it; null when they are not to. */
  readonly client: string | null;
  /** The session that the failures came in, from whatever addresses; null when they were one client's or an account's. */
  readonly session: string | null;
  readonly failures: number;
  readonly failedFrom: UnixMillis | null;
  readonly failedUntil: UnixMillis | null;
  readonly succeededAt: UnixMillis;
  /** Which account it got into, as a keyed fingerprint; null when the request does not say. */
  readonly account: string | null;
  /** How many accounts the client had tried. */
  readonly accounts: number | null;
  /** How many clients had failed at the account, where it was not one client that did. */
  readonly clients: number | null;
  readonly failure: SpanReference | null;
  readonly success: SpanReference;
};

export type SpanReference = { readonly traceId: string; readonly spanId: string };

/** What happened to an alert; the audit trail keeps them all. */
export type Transition = {
  readonly kind: "pending" | "cancelled" | "firing" | "escalated" | "updated" | "muted" | "unmuted" | "resolved";
  readonly at: UnixMillis;
  readonly alert: Alert;
};

/** One event for one notifier, before it takes that notifier's format. */
export type Notification = {
  readonly action: "trigger" | "resolve";
  readonly reason: NotificationReason;
  readonly incident: IncidentPlace;
  /** The highest among the incident's alerts. */
  readonly severity: Severity;
  readonly text: NotificationText;
  /** For a trigger: the notifier's name in the bundle. For a resolve: the target that was triggered. */
  readonly target:
    | { readonly kind: "notifier"; readonly name: string }
    | { readonly kind: "triggered"; readonly target: TriggeredTarget };
};

/** `joined`: further alerts have become part of the incident. `updated`: more is known of it. */
export type NotificationReason = "firing" | "escalated" | "updated" | "unmuted" | "joined" | "resolved";

/** Times in here are wall clock: people read them. */
export type NotificationText = {
  readonly summary: string;
  readonly source: string;
  readonly component: string;
  readonly group: string;
  readonly class: string;
  readonly timestamp: UnixMillis;
  readonly details: Readonly<Record<string, string | number | readonly string[]>>;
  readonly runbook: string | null;
};

/** An alert's passage from one state to the next, told downstream as an OTLP log record. */
export type AlertEvent = {
  readonly eventName: "authspike.alert.firing" | "authspike.alert.escalated" | "authspike.alert.resolved";
  readonly alert: Alert;
  readonly text: NotificationText;
  readonly occurredAtWall: UnixMillis;
  /** The estimated onset. */
  readonly sinceWall: UnixMillis;
};

/** What should happen next, as data. Carried out in order: record, then notify, then publish. */
export type Effect =
  | { readonly kind: "record"; readonly transition: Transition }
  | { readonly kind: "notify"; readonly notification: Notification }
  | { readonly kind: "publish"; readonly event: AlertEvent };
