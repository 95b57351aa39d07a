/**
 * An alert's passage as a record in OpenTelemetry's log data model, before it is encoded.
 *
 * Backends find it by its event name, join it to traces by the ids of an example failure, and count
 * by its attributes, whose names are the ones that spans carry.
 */
import {
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_ROUTE,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_NAMESPACE,
} from "@opentelemetry/semantic-conventions";
import { endpointName } from "../extraction/endpoint.ts";
import type { AnyValue, LogRecord } from "../otlp/log-record.ts";
import type { Severity } from "../rules/rule.ts";
import type { UnixMillis } from "../time.ts";
import type { AlertEvent } from "./alert.ts";
import { causeMix, leadingCause } from "./cause-tally.ts";
import { chanceOf, gateInWords } from "./evidence-words.ts";
import { isoTime } from "./words.ts";

/** The stable name; the package exports it from its incubating entry only. */
const ATTR_DEPLOYMENT_ENVIRONMENT_NAME = "deployment.environment.name";

export type AlertLogRecord = {
  readonly eventName: AlertEvent["eventName"];
  /** Wall clock. */
  readonly timeUnixMillis: UnixMillis;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** 32 hex digits, "" when no example has a trace. */
  readonly traceId: string;
  /** 16 hex digits, or "". */
  readonly spanId: string;
};

/** SeverityNumber of the log data model: INFO, WARN, ERROR, FATAL. */
const SEVERITY_NUMBERS: Readonly<Record<Severity, number>> = { info: 9, warning: 13, error: 17, critical: 21 };
const SEVERITY_TEXTS: Readonly<Record<Severity, string>> = {
  info: "INFO",
  warning: "WARN",
  error: "ERROR",
  critical: "FATAL",
};

export function alertLogRecord(event: AlertEvent): AlertLogRecord {
  const { alert, text } = event;
  // That something is over is good news; how bad it was stays in the attribute.
  const severity = alert.state === "resolved" ? "info" : alert.severity;
  const example = alert.evidence.examples.at(-1);
  return {
    eventName: event.eventName,
    timeUnixMillis: event.occurredAtWall,
    severityNumber: SEVERITY_NUMBERS[severity],
    severityText: SEVERITY_TEXTS[severity],
    body: text.summary,
    attributes: { ...alertAttributes(event), ...endpointAttributes(event), ...evidenceAttributes(event) },
    traceId: example?.traceId ?? "",
    spanId: example?.spanId ?? "",
  };
}

/** The record in the form that is encoded for the wire. Every number in it is a double, whole or not. */
export function otlpLogRecord(record: AlertLogRecord, observedAtWall: UnixMillis): LogRecord {
  const { timeUnixMillis: occurredAtWall, attributes, ...same } = record;
  const typed: Record<string, AnyValue> = {};
  for (const [key, value] of Object.entries(attributes))
    typed[key] = typeof value === "number" ? { double: value } : value;
  return { ...same, occurredAtWall, observedAtWall, attributes: typed };
}

function alertAttributes({ alert }: AlertEvent) {
  return {
    "authspike.alert.id": alert.id,
    "authspike.alert.dedup_key": alert.incident?.dedupKey ?? alert.dedupKey,
    "authspike.alert.incident": alert.incident?.id ?? alert.id,
    "authspike.alert.state": alert.state,
    "authspike.alert.severity": alert.severity,
    "authspike.alert.page": alert.isPage,
    ...(alert.mutedBy === null ? {} : { "authspike.alert.muted_by": alert.mutedBy }),
    ...(alert.state === "resolved" ? { "authspike.alert.resolve_reason": alert.resolveReason } : {}),
    "authspike.rule": alert.ruleId,
    "authspike.rule.bundle": alert.bundle,
  };
}

function endpointAttributes({ alert: { endpoint } }: AlertEvent) {
  return {
    "authspike.endpoint": endpointName(endpoint),
    [ATTR_SERVICE_NAME]: endpoint.service,
    ...present(ATTR_SERVICE_NAMESPACE, endpoint.namespace),
    ...present(ATTR_DEPLOYMENT_ENVIRONMENT_NAME, endpoint.environment),
    ...(endpoint.protocol === "http" ? { [ATTR_HTTP_ROUTE]: endpoint.route } : {}),
    ...present(ATTR_HTTP_REQUEST_METHOD, endpoint.method),
  };
}

function evidenceAttributes({ alert: { evidence }, sinceWall }: AlertEvent) {
  return {
    "authspike.since": isoTime(sinceWall),
    "authspike.rate": evidence.rate,
    "authspike.baseline": evidence.usual,
    "authspike.deviation": evidence.deviation,
    "authspike.peak_rate": evidence.peakRate,
    "authspike.failures": evidence.failures,
    "authspike.requests": evidence.requests,
    "authspike.evidence": evidence.evidence,
    "authspike.threshold": evidence.threshold,
    ...present("authspike.by_chance", chanceOf(evidence)),
    ...present("authspike.gates", evidence.gates.map(gateInWords).join("; ")),
    "authspike.busiest_client_share": evidence.busiestClientShare,
    ...present("authspike.pattern", evidence.pattern),
    // The word alone, as on spans: what backends group by.
    ...present("authspike.cause", leadingCause(evidence.causes)?.cause ?? null),
    ...present("authspike.cause_mix", evidence.causes.length === 0 ? null : causeMix(evidence.causes).join(", ")),
  };
}

function present(key: string, value: string | null): Readonly<Record<string, string>> {
  return value === null || value === "" ? {} : { [key]: value };
}
