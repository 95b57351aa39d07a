/**
 * Numbers that are read off the running parts when somebody looks, not kept.
 */
import { FINDING_SEVERITIES } from "../core/extraction/instrumentation/finding.ts";
import { SAMPLING_SIGNS } from "../core/extraction/service-sampling.ts";
import type { Alerting } from "./alerting.ts";
import type { MetricRegistry } from "./metrics.ts";
import type { RuleKeeper } from "./rule-keeper.ts";
import type { AccountedExporter } from "./status.ts";

export type GaugeSources = {
  readonly alerting: Alerting;
  readonly rules: RuleKeeper;
  readonly queue: {
    readonly sizeBytes: { readonly disk: number; readonly memory: number };
    readonly isDurable: boolean;
  } | null;
  readonly exporters: readonly AccountedExporter[];
};

export function declareGauges(registry: MetricRegistry, { alerting, exporters, queue, rules }: GaugeSources): void {
  const gauge = (name: string, help: string, unit: string, read: () => number) =>
    registry.gauge({ name, help, unit }, () => [{ labels: {}, value: read() }]);
  gauge("authspike_endpoints", "Endpoints that are known", "{endpoint}", () => alerting.engine.endpoints.size);
  gauge(
    "authspike_endpoints_overflowed",
    "Times a new endpoint fell to its service's overflow",
    "{observation}",
    () => alerting.engine.endpoints.overflowedCount,
  );
  gauge(
    "authspike_endpoints_on_probation",
    "Endpoints whose names were only seen in requests, and that have not been proven by successes",
    "{endpoint}",
    () => alerting.engine.endpoints.probationCount,
  );
  gauge(
    "authspike_endpoints_forgotten",
    "Endpoints that nobody asked for any more and that have made place for others",
    "{endpoint}",
    () => alerting.engine.endpoints.forgottenCount,
  );
  const { learnedRoutes, services } = alerting.engine.endpoints;
  gauge(
    "authspike_learned_route_segments",
    "Segments of routes that successes have shown, by which paths without a route are named",
    "{segment}",
    () => learnedRoutes.segmentCount,
  );
  gauge(
    "authspike_learned_routes_refused",
    "Routes and mount prefixes that found no room to be learned",
    "{route}",
    () => learnedRoutes.refusedCount,
  );
  gauge("authspike_peers", "Dependencies that services call", "{peer}", () => services.peerCount);
  gauge(
    "authspike_peers_overflowed",
    "Calls to new dependencies beyond the bounds, counted as other peers",
    "{call}",
    () => services.peersOverflowedCount,
  );
  gauge("authspike_series", "Rules on endpoints that keep a baseline", "{series}", () => alerting.engine.seriesCount);
  gauge(
    "authspike_series_watched",
    "Series that hold evidence",
    "{series}",
    () => alerting.engine.watchedSeries.watchedCount,
  );
  gauge(
    "authspike_series_refused",
    "Failures that found no room for evidence",
    "{failure}",
    () => alerting.engine.watchedSeries.refusedCount,
  );
  gauge(
    "authspike_seasons",
    "Series that learn the hours of the week",
    "{series}",
    () => alerting.engine.seasons.heldCount,
  );
  gauge(
    "authspike_seasons_refused",
    "Series that found no room to learn the hours of the week",
    "{series}",
    () => alerting.engine.seasons.refusedCount,
  );
  const { joinedRequests } = alerting.engine;
  gauge(
    "authspike_requests_held",
    "Requests that wait for the span that tells their outcome",
    "{request}",
    () => joinedRequests.heldCount,
  );
  gauge(
    "authspike_requests_hurried",
    "Requests that were counted before their time because too many waited",
    "{request}",
    () => joinedRequests.overflowCount,
  );
  gauge(
    "authspike_spans_nested",
    "Spans that told of a request counted already",
    "{span}",
    () => joinedRequests.nestedCount,
  );
  gauge("authspike_spans_repeated", "Spans that came again", "{span}", () => joinedRequests.repeatedCount);
  const { refusalEvidence } = alerting.engine;
  gauge(
    "authspike_refusal_statements",
    "Statements about refused requests that were found on inner spans and log records",
    "{statement}",
    () => refusalEvidence.heardCount,
  );
  gauge(
    "authspike_refusal_statements_displaced",
    "Refusals and statements that have made place for newer ones",
    "{statement}",
    () => refusalEvidence.displacedCount,
  );
  const { signIns } = alerting.engine;
  gauge(
    "authspike_sign_ins_watched",
    "Sign-ins that are watched for successes after failures",
    "{series}",
    () => signIns.watchCount,
  );
  gauge(
    "authspike_sign_ins_displaced",
    "Clients, accounts and sign-ins that made place for others and are watched no more",
    "{entry}",
    () => signIns.displacedCount,
  );
  gauge("authspike_alerts_open", "Alerts that are pending or firing", "{alert}", () => alerting.engine.openAlertCount);
  gauge(
    "authspike_delivery_pending",
    "Pages that wait for delivery",
    "{page}",
    () => alerting.delivery.waitingRowCount,
  );
  gauge("authspike_rules_last_reload_successful", "0 while the rule files have errors", "1", () =>
    rules.refusal === null ? 1 : 0,
  );
  gauge("authspike_store_behind", "1 while alerts are known to memory only", "1", () =>
    alerting.ledger.isBehind ? 1 : 0,
  );
  gauge("authspike_process_resident_memory_bytes", "Resident memory", "By", () => process.memoryUsage.rss());
  gauge("authspike_process_heap_bytes", "JavaScript heap in use", "By", () => process.memoryUsage().heapUsed);
  registry.gauge(
    { name: "authspike_exporter_queue_items", help: "Items that wait for a destination", unit: "{item}" },
    () =>
      exporters.flatMap(({ name, queued, takes }) =>
        takes.map((signal) => ({ labels: { exporter: name, signal }, value: queued(signal) })),
      ),
  );
  registry.gauge(
    {
      name: "authspike_sampling_findings",
      help: "Services of which samplers distort what is seen, by sign",
      unit: "{service}",
    },
    () => {
      const findings = [...alerting.engine.senders.samplingFindings()];
      return SAMPLING_SIGNS.map((sign) => ({
        labels: { sign },
        value: findings.filter((finding) => finding.sign === sign).length,
      }));
    },
  );
  registry.gauge(
    {
      name: "authspike_instrumentation_findings",
      help: "What is missing or misleading in what services send; `authspike doctor` tells it",
      unit: "{finding}",
    },
    () => {
      const counts = alerting.engine.senders.findingCounts();
      return FINDING_SEVERITIES.map((severity) => ({ labels: { severity }, value: counts[severity] }));
    },
  );
  if (queue === null) return;
  gauge(
    "authspike_exporter_queue_durable",
    "1 while what is acknowledged survives the end of the process, 0 while it is in memory alone",
    "1",
    () => (queue.isDurable ? 1 : 0),
  );
  registry.gauge(
    { name: "authspike_exporter_queue_bytes", help: "Bytes that wait for a destination", unit: "By" },
    () => Object.entries(queue.sizeBytes).map(([where, value]) => ({ labels: { where }, value })),
  );
}
