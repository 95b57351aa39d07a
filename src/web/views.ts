/**
 * What the API can ask of the running service, and the form in which it is shown.
 *
 * Everything here is plain JSON. Times are wall clock, in milliseconds since 1970, because people read
 * them. No view holds a secret: notifiers and exporters appear under their names alone.
 */
import type { Alert, ClientFailures, SpanReference, Transition } from "../core/alerts/alert.ts";
import type { EndpointExplanation } from "../core/alerts/explaining/explanation.ts";
import type { Gate } from "../core/detection/gate.ts";
import type { Diagnostic } from "../core/diagnostic.ts";
import type { InstrumentationReport } from "../core/extraction/instrumentation/finding.ts";
import type { SamplingFinding } from "../core/extraction/service-sampling.ts";
import type { Signal } from "../core/otlp/verdict.ts";
import type { Budget, Severity } from "../core/rules/rule.ts";
import type { UnixMillis } from "../core/time.ts";
import type { EndpointPage, EndpointQuery } from "./endpoint-page.ts";
import type { MetricFamily } from "./metric-family.ts";

export interface Views {
  ready(): Readiness;
  metrics(): Iterable<MetricFamily>;
  /** `selectEndpoints` in `endpoint-page.ts` answers the query from the rows of all series. */
  endpoints(query: EndpointQuery): Promise<EndpointPage>;
  /** The last changed first. */
  alerts(query: AlertQuery): readonly AlertView[];
  /** null when there is none of this id. */
  alert(id: string): AlertDetail | null;
  /** Why an endpoint is silent, or is not. */
  explain(query: ExplainQuery): Promise<ExplainAnswer>;
  rules(): RulesView;
  pipeline(): PipelineView;
  instrumentation(): InstrumentationReport;
  /** Newest first. */
  deliveries(query: DeliveryQuery): readonly DeliveryView[];
  /** Looks at the rule files now, even if they have not changed. */
  reloadRules(): ReloadAnswer;
}

/** `checks` says of each condition "ok" or what is wrong with it. */
export type Readiness = { readonly isReady: boolean; readonly checks: Readonly<Record<string, string>> };

export type AlertQuery = { readonly state: Alert["state"] | null; readonly limit: number };

export type AlertView = {
  readonly id: string;
  readonly rule: string;
  readonly state: Alert["state"];
  readonly severity: Severity;
  readonly isPage: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** `POST /login`, as people read it. */
  readonly endpoint: string;
  readonly service: string;
  readonly environment: string;
  readonly pendingAt: UnixMillis;
  readonly firedAt: UnixMillis | null;
  readonly resolvedAt: UnixMillis | null;
  readonly resolveReason: string | null;
  readonly mutedBy: string | null;
  /** Estimated onset. */
  readonly since: UnixMillis;
  /** Failures and requests since the onset. */
  readonly failures: number;
  readonly requests: number;
  readonly rate: number;
  readonly peakRate: number;
  readonly usual: number;
  /** Share of the failures that the busiest client holds. */
  readonly busiestClientShare: number;
  /** Nats, or deviations with a control limit, and what they had to pass. */
  readonly evidence: number;
  readonly threshold: number;
  /** How often chance alone would reach such evidence, as in `once in 3.4 years`; null where it cannot be said. */
  readonly byChance: string | null;
  /** What held when the alarm went on. */
  readonly gates: readonly Gate[];
  readonly pattern: string | null;
  readonly cause: string | null;
  /** Id of the alert that opened its incident; null until it fires. */
  readonly incident: string | null;
  /** Of its incident, once it fires. */
  readonly dedupKey: string;
};

export type AlertDetail = AlertView & {
  readonly bundle: string;
  readonly topClients: readonly ClientFailures[];
  readonly examples: readonly SpanReference[];
  /** Oldest first. */
  readonly transitions: readonly { readonly kind: Transition["kind"]; readonly at: UnixMillis }[];
  readonly deliveries: readonly DeliveryView[];
};

export type ExplainQuery = {
  /** As in `POST /login`, or a route alone. */
  readonly name: string;
  readonly service: string | null;
  readonly environment: string | null;
  readonly rule: string | null;
  /** A moment in the past, for what is on record of it; null for now. */
  readonly at: UnixMillis | null;
};

export type ExplainAnswer =
  | { readonly kind: "not_found"; readonly error: string }
  | {
      readonly kind: "explained";
      readonly at: UnixMillis;
      /** Services and environments may have endpoints of the same name. */
      readonly endpoints: readonly EndpointExplanation[];
      /** How many there are, shown or not. */
      readonly endpointCount: number;
    }
  | {
      readonly kind: "recorded";
      readonly at: UnixMillis;
      /** Alerts that were open then, as they were last written down before. */
      readonly open: readonly RecordedAlert[];
      /** The last that had ended before then, and what was written down next. */
      readonly ended: RecordedAlert | null;
      readonly next: RecordedAlert | null;
    };

export type RecordedAlert = {
  readonly step: Transition["kind"];
  readonly recordedAt: UnixMillis;
  readonly alert: AlertView;
};

export type RulesView = {
  readonly active: {
    readonly hash: string;
    readonly acceptedAt: UnixMillis;
    /** `start`, `store`, `change`, `signal` or `api`. */
    readonly origin: string;
    readonly budget: Budget;
    readonly rules: readonly {
      readonly id: string;
      readonly file: string;
      readonly line: number;
      /** Null for a rule that no budget concerns: it judges no rate, or by a control limit. */
      readonly minFailures: number | null;
    }[];
    readonly warnings: readonly Diagnostic[];
    readonly notices: readonly string[];
  };
  /** Not null while the files as they are now are not in force. */
  readonly refusal: {
    readonly since: UnixMillis;
    /** As `authspike rules check` prints it. */
    readonly text: string;
    readonly diagnostics: readonly Diagnostic[];
  } | null;
  /** Newest first. */
  readonly history: readonly {
    readonly hash: string;
    readonly acceptedAt: UnixMillis;
    readonly origin: string;
    readonly diff: string;
  }[];
};

export type PipelineView = {
  readonly version: string;
  readonly startedAt: UnixMillis;
  /** accepted + resumed = sent + queued + dropped, for each signal and exporter, at every moment. */
  readonly signals: readonly {
    readonly signal: Signal | "alert_events";
    readonly accepted: number;
    readonly refused: number;
    readonly exporters: readonly ExporterView[];
  }[];
  readonly pendingDeliveries: number;
  readonly endpointCount: number;
  readonly seriesCount: number;
  /** Services of which a sampler distorts what is seen. */
  readonly sampling: readonly SamplingView[];
};

export type SamplingView = SamplingFinding & { readonly remedy: string };

export type ExporterView = {
  readonly name: string;
  /** What waited for it when the process began. */
  readonly resumed: number;
  readonly sent: number;
  readonly queued: number;
  readonly dropped: number;
};

export type DeliveryQuery = { readonly state: DeliveryView["state"] | null; readonly limit: number };

export type DeliveryView = {
  readonly id: number;
  readonly alertId: string;
  readonly action: "trigger" | "resolve";
  readonly dedupKey: string;
  readonly targetId: string;
  readonly state: "pending" | "delivered" | "dead" | "superseded";
  readonly createdAt: UnixMillis;
  readonly nextAttemptAt: UnixMillis;
  /** Oldest first. */
  readonly attempts: readonly {
    readonly at: UnixMillis;
    readonly outcome: "delivered" | "retry" | "rejected";
    readonly status: number | null;
    readonly reason: string;
    readonly latencyMs: number;
  }[];
};

/** `text` is one sentence or, for a refusal, the diagnostics with their places. */
export type ReloadAnswer = { readonly kind: "accepted" | "unchanged" | "refused"; readonly text: string };
