/**
 * Answers what the API asks of the running service. Reads only; whatever it shows is plain data.
 */
import type { Alert, Transition } from "../core/alerts/alert.ts";
import type { WatchedSeries } from "../core/alerts/watched-series.ts";
import type { SamplingFinding } from "../core/extraction/service-sampling.ts";
import type { Instant, UnixMillis } from "../core/time.ts";
import { toWall } from "../core/time.ts";
import type { Alerting } from "./alerting.ts";
import type { ExplainQuestion } from "./explain-view.ts";
import { explainView } from "./explain-view.ts";
import type { MetricRegistry } from "./metrics.ts";
import type { DeliveryAttempt, OutboxRow } from "./outbox.ts";
import type { PipelineCounters } from "./pipeline-counters.ts";
import type { RuleKeeper, StoredBundle } from "./rule-keeper.ts";
import { SAMPLING_REMEDIES } from "./sampling-report.ts";
import type { AccountedExporter } from "./status.ts";
import { alertView, deliveryView, endpointRow, rulesView, signalViews } from "./status.ts";

export type ViewSources = {
  readonly alerting: Alerting;
  readonly rules: RuleKeeper;
  readonly store: ViewStore;
  readonly counters: PipelineCounters;
  readonly registry: MetricRegistry;
  readonly queue: { hasRoomFor(byteCount: number): boolean; readonly isDurable: boolean } | null;
  readonly exporters: readonly AccountedExporter[];
  readonly now: () => Instant;
  readonly version: string;
  readonly startedAtWall: UnixMillis;
  /** Receivers are bound and nobody has asked for a stop. */
  readonly state: { readonly isReady: boolean };
};

export interface ViewStore {
  readonly alerts: {
    recentAlerts(limit: number): readonly Alert[];
    alert(id: string): Alert | null;
    transitionsOf(alertId: string): readonly Transition[];
    transitionsUntil(at: UnixMillis, limit: number): readonly Transition[];
    transitionsAfter(at: UnixMillis, limit: number): readonly Transition[];
  };
  readonly outbox: {
    recent(limit: number): readonly OutboxRow[];
    attemptsOf(rowId: number): readonly DeliveryAttempt[];
    rowsOf(alertId: string): readonly OutboxRow[];
  };
  readonly rules: { history(limit: number): readonly StoredBundle[] };
}

/** As much as is looked through for alerts or deliveries of one state. */
const LOOKED_THROUGH_MAX = 10_000;
const BUNDLES_SHOWN_MAX = 20;
const IN_MEMORY_ALONE = "in memory alone: what is acknowledged would be lost with the process";
/** A request of the usual size must fit for the queue to count as able to accept. */
const USUAL_REQUEST_BYTES = 1024 * 1024;

export function createViews(sources: ViewSources) {
  const { alerting, counters, exporters, now, registry, rules, store } = sources;
  return {
    ready: () => readiness(sources),
    metrics: () => registry.families(),
    endpointRows: () => endpointRows(alerting.engine.series(), now().steady),
    alerts: ({ limit, state }: { readonly state: Alert["state"] | null; readonly limit: number }) =>
      currentAlerts(sources)
        .filter((alert) => state === null || alert.state === state)
        .slice(0, limit)
        .map((alert) => alertView(alert, now())),
    alert: (id: string) => alertDetail(sources, id),
    explain: (question: ExplainQuestion) =>
      explainView(question, { engine: alerting.engine, record: store.alerts, now }),
    rules: () => rulesView(rules.active, rules.refusal, store.rules.history(BUNDLES_SHOWN_MAX)),
    pipeline: () => ({
      version: sources.version,
      startedAt: sources.startedAtWall,
      signals: signalViews(counters, exporters),
      pendingDeliveries: alerting.delivery.waitingRowCount,
      endpointCount: alerting.engine.endpoints.size,
      seriesCount: alerting.engine.seriesCount,
      sampling: Array.from(alerting.engine.senders.samplingFindings(), samplingView),
    }),
    instrumentation: () => alerting.engine.senders.instrumentationReport(),
    deliveries: ({ limit, state }: { readonly state: OutboxRow["state"] | null; readonly limit: number }) =>
      store.outbox
        .recent(LOOKED_THROUGH_MAX)
        .filter((row) => state === null || row.state === state)
        .slice(0, limit)
        .map((row) => deliveryView(row, store.outbox.attemptsOf(row.id), now())),
    reloadRules: () => reload(sources),
  };
}

function samplingView(finding: SamplingFinding) {
  return { ...finding, remedy: SAMPLING_REMEDIES[finding.sign] };
}

function* endpointRows(series: Iterable<WatchedSeries>, now: UnixMillis) {
  for (const watched of series) yield endpointRow(watched, now);
}

function readiness({ alerting, queue, rules, state }: ViewSources) {
  const hasRoom = queue === null || queue.hasRoomFor(USUAL_REQUEST_BYTES);
  const isDurable = queue === null || queue.isDurable;
  const checks = {
    receivers: state.isReady ? "ok" : "not bound, or stopping",
    store: alerting.ledger.isBehind ? "does not take writes; alerts go on from memory" : "ok",
    rules: rules.refusal === null ? "ok" : "the files have errors; the last good bundle is in force",
    queue: hasRoom ? (isDurable ? "ok" : IN_MEMORY_ALONE) : "full",
  };
  // Broken rule files and failing disks are told, yet authspike goes on doing its work.
  return { isReady: state.isReady && hasRoom, checks };
}

/** The store has alerts as of their last transition; those that are open have grown since. */
function currentAlerts({ alerting, store }: ViewSources): readonly Alert[] {
  const open = new Map<string, Alert>();
  for (const { alert } of alerting.engine.hotSeries()) if (alert !== null) open.set(alert.id, alert);
  const recorded = store.alerts.recentAlerts(LOOKED_THROUGH_MAX);
  const unrecorded = [...open.values()].filter(({ id }) => !recorded.some((alert) => alert.id === id));
  return [...unrecorded, ...recorded.map((alert) => open.get(alert.id) ?? alert)];
}

function alertDetail(sources: ViewSources, id: string) {
  const { now, store } = sources;
  const alert = currentAlerts(sources).find((candidate) => candidate.id === id) ?? store.alerts.alert(id);
  if (alert === null) return null;
  const { examples, topClients } = alert.evidence;
  return {
    ...alertView(alert, now()),
    bundle: alert.bundle,
    topClients,
    examples,
    transitions: store.alerts.transitionsOf(id).map(({ kind, at }) => ({ kind, at: toWall(at, now()) })),
    deliveries: store.outbox
      .rowsOf(alert.incident?.id ?? id)
      .map((row) => deliveryView(row, store.outbox.attemptsOf(row.id), now())),
  };
}

function reload({ alerting, rules }: ViewSources) {
  const kind = alerting.reloadRules("api");
  if (kind === "refused") return { kind, text: rules.refusal?.text ?? "" };
  const { hash } = rules.active.ruleSet;
  return { kind, text: kind === "accepted" ? `bundle ${hash} is in force` : `bundle ${hash} stays in force` };
}
