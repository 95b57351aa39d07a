/**
 * What the service knows of itself, in the plain form in which it is shown.
 *
 * Inside, times follow the steady clock; people read the wall's, so they are moved onto it here and
 * nowhere else. No secret passes: notifiers and exporters appear under their names alone.
 */
import type { Alert } from "../core/alerts/alert.ts";
import { chanceOf } from "../core/alerts/evidence-words.ts";
import type { WatchedSeries } from "../core/alerts/watched-series.ts";
import { endpointName } from "../core/extraction/endpoint.ts";
import { SIGNALS } from "../core/otlp/verdict.ts";
import type { Instant, UnixMillis } from "../core/time.ts";
import { toWall } from "../core/time.ts";
import type { DeliveryAttempt, OutboxRow } from "./outbox.ts";
import type { AccountedSignal, PipelineCounters } from "./pipeline-counters.ts";
import { NO_EXPORTER } from "./pipeline-counters.ts";
import type { ActiveBundle, Refusal } from "./rule-keeper.ts";

export function endpointRow(series: WatchedSeries, now: UnixMillis) {
  const { active, alert, endpoint, state } = series;
  const reading = active.detector.reading(state, now);
  const { environment, namespace, service, method, route, protocol, name } = endpoint;
  return {
    rule: active.rule.id,
    endpoint: { environment, namespace, service, method, route, protocol, name },
    requestsPerSecond: reading.requestRate,
    rate: reading.rate,
    usual: reading.usual,
    usualUpper: reading.usualUpper,
    deviation: reading.deviation,
    evidence: reading.evidence,
    threshold: reading.threshold,
    isWarm: reading.isWarm,
    alertState: alert?.state ?? null,
    alertId: alert?.id ?? null,
  };
}

export function alertView(alert: Alert, now: Instant) {
  const { dedupKey, endpoint, evidence, id, incident, isPage, labels, mutedBy, severity, state } = alert;
  const firedAt = state === "pending" ? null : alert.firedAt;
  return {
    id,
    rule: alert.ruleId,
    state,
    severity,
    isPage,
    labels,
    endpoint: endpointName(endpoint),
    service: endpoint.service,
    environment: endpoint.environment,
    pendingAt: toWall(alert.pendingAt, now),
    firedAt: firedAt === null ? null : toWall(firedAt, now),
    resolvedAt: state === "resolved" ? toWall(alert.resolvedAt, now) : null,
    resolveReason: state === "resolved" ? alert.resolveReason : null,
    mutedBy,
    since: toWall(evidence.since, now),
    failures: evidence.failures,
    requests: evidence.requests,
    rate: evidence.rate,
    peakRate: evidence.peakRate,
    usual: evidence.usual,
    busiestClientShare: evidence.busiestClientShare,
    evidence: evidence.evidence,
    threshold: evidence.threshold,
    byChance: chanceOf(evidence),
    gates: evidence.gates,
    pattern: evidence.pattern,
    cause: evidence.cause,
    incident: incident?.id ?? null,
    dedupKey: incident?.dedupKey ?? dedupKey,
  };
}

export function deliveryView(row: OutboxRow, attempts: readonly DeliveryAttempt[], now: Instant) {
  const { action, alertId, dedupKey, id, state, targetId } = row;
  return {
    id,
    alertId,
    action,
    dedupKey,
    targetId,
    state,
    createdAt: toWall(row.createdAt, now),
    nextAttemptAt: toWall(row.nextAttemptAt, now),
    attempts: attempts.map(({ at, outcome, status, reason, latencyMs }) => ({
      at: toWall(at, now),
      outcome,
      status,
      reason,
      latencyMs,
    })),
  };
}

type HistoryEntry = {
  readonly hash: string;
  readonly acceptedAtWall: UnixMillis;
  readonly origin: string;
  readonly diff: string;
};

export function rulesView(active: ActiveBundle, refusal: Refusal | null, history: readonly HistoryEntry[]) {
  const { acceptedAtWall, notices, origin, ruleSet, warnings } = active;
  return {
    active: {
      hash: ruleSet.hash,
      acceptedAt: acceptedAtWall,
      origin,
      budget: ruleSet.budget,
      rules: ruleSet.rules.map(({ id, source, detector }) => ({
        id,
        file: source.file,
        line: source.line,
        minFailures: detector.kind === "ewma" && detector.deviation === null ? detector.minFailures : null,
      })),
      warnings,
      notices,
    },
    refusal:
      refusal === null ? null : { since: refusal.sinceWall, text: refusal.text, diagnostics: refusal.diagnostics },
    history: history.map(({ hash, acceptedAtWall: acceptedAt, origin: by, diff }) => ({
      hash,
      acceptedAt,
      origin: by,
      diff,
    })),
  };
}

/** An exporter as the account knows it: what it takes, and how much of it waits. */
export type AccountedExporter = {
  readonly name: string;
  readonly takes: readonly AccountedSignal[];
  queued(signal: AccountedSignal): number;
};

const ACCOUNTED_SIGNALS: readonly AccountedSignal[] = [...SIGNALS, "alert_events"];

/** The account of each signal; what no exporter takes is that of the exporter that does not exist. */
export function signalViews(counters: PipelineCounters, exporters: readonly AccountedExporter[]) {
  return ACCOUNTED_SIGNALS.map((signal) => {
    const { accepted, refused } = counters.totals(signal);
    const takers = exporters.filter(({ takes }) => takes.includes(signal));
    const accounts = takers.map((exporter) => ({ name: exporter.name, queued: exporter.queued(signal) }));
    if (accounts.length === 0) accounts.push({ name: NO_EXPORTER, queued: 0 });
    return {
      signal,
      accepted,
      refused,
      exporters: accounts.map(({ name, queued }) => {
        const { resumed, sent, dropped } = counters.totals(signal, name);
        return { name, resumed, sent, queued, dropped };
      }),
    };
  });
}
