/**
 * What is missing or misleading in what a service sends, as people are told.
 */
import type { ServiceNames } from "../service-table.ts";

export const FINDING_CODES = [
  "status_missing",
  "no_server_spans",
  "middleware_hidden",
  "route_missing_on_failures",
  "route_missing",
  "route_unknown",
  "route_placeholder",
  "route_is_path",
  "mount_missing",
  "endpoints_overflow",
  "method_missing",
  "method_other",
  "client_missing",
  "client_is_proxy",
  "strangers_decide_sampling",
  "causes_undecided",
  "challenge_missing",
  "service_unnamed",
  "environment_missing",
  "version_missing",
  "user_agent_missing",
  "sampling_failures_only",
  "sampling_partly_stated",
  "sampling_contradicted",
  "sampling_elsewhere",
  "sampling_thin",
  "sampling_thin_sign_in",
  "clock_ahead",
  "spans_late",
  "secrets_sent",
  "old_names",
  "old_and_new_names",
  "status_is_text",
  "gateway_roots",
  "nested_spans",
  "spans_torn",
  "spans_repeated",
] as const;

export type FindingCode = (typeof FINDING_CODES)[number];

/**
 * `error`: authspike is blind to failures there. `warning`: they are found later, or told less of. `info`: it
 * is read all the same, or cannot be mended in the instrumentation.
 */
export const FINDING_SEVERITIES = ["error", "warning", "info"] as const;
export type FindingSeverity = (typeof FINDING_SEVERITIES)[number];

export type Finding = Omit<ServiceNames, "peer"> & {
  readonly code: FindingCode;
  readonly severity: FindingSeverity;
  /** `Express (@opentelemetry/instrumentation-http 0.57.1, opentelemetry nodejs 1.30.1)`. */
  readonly instrumentation: string;
  /** Of the spans looked at lately: how many show it, of how many. */
  readonly count: number;
  readonly of: number;
  readonly share: number;
  readonly seen: string;
  readonly cost: string;
  readonly remedy: string;
  readonly example: { readonly traceId: string; readonly spanName: string } | null;
};

/** A service whose spans are looked at. */
export type ExaminedService = Omit<ServiceNames, "peer"> & {
  readonly instrumentation: string;
  /** That came lately, whether looked at or not. */
  readonly requests: number;
};

/** What is known of how services are instrumented. */
export type InstrumentationReport = {
  /** In the order in which they came. */
  readonly services: readonly ExaminedService[];
  /** The gravest first, then by service. */
  readonly findings: readonly Finding[];
};
