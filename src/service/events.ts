/**
 * One function for each thing that can happen to the service: its metric and its line in the log
 * stand side by side, so that neither is forgotten.
 *
 * A fault that repeats is logged when it begins and counted afterwards; a page that will never
 * arrive is an error, because only a person can tell another person now.
 */
import type { AlertEvent, Transition } from "../core/alerts/alert.ts";
import type { Page } from "../core/alerts/page.ts";
import { thawPage } from "../core/alerts/page.ts";
import { endpointName } from "../core/extraction/endpoint.ts";
import type { SamplingFinding } from "../core/extraction/service-sampling.ts";
import type { DeliveryObserver } from "./delivery.ts";
import type { LastingTrouble } from "./lasting-trouble.ts";
import type { Log } from "./log.ts";
import type { Counter, CounterFamily, Histogram, MetricRegistry } from "./metrics.ts";
import type { DeliveryAttempt, OutboxRow } from "./outbox.ts";
import type { OwnTroubleName } from "./own-alerts.ts";
import type { ActiveBundle, Refusal, RuleObserver } from "./rule-keeper.ts";

/** What a receiver tells of its certificate files. */
export type CertificateChange =
  | { readonly kind: "renewed"; readonly settingName: string }
  | { readonly kind: "unusable"; readonly settingName: string; readonly error: Error };

/** Seconds; the target is a tenth of one. */
const LATENCY_BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class ServiceEvents implements DeliveryObserver, RuleObserver {
  readonly #log: Log;
  readonly #transitions: CounterFamily;
  readonly #attempts: CounterFamily;
  readonly #abandoned: Counter;
  readonly #bundles: CounterFamily;
  readonly #storeFailures: Counter;
  readonly #analysisFailures: Counter;
  readonly #redactionFailures: Counter;
  readonly #tickFailures: Counter;
  readonly #publishFailures: Counter;
  readonly #threadDeaths: Counter;
  readonly #deliveryLatency: Histogram;
  readonly #troubles: LastingTrouble<OwnTroubleName>;
  #isStoreFailing = false;
  #isThreadDead = false;

  constructor(log: Log, registry: MetricRegistry, troubles: LastingTrouble<OwnTroubleName>) {
    this.#log = log;
    this.#troubles = troubles;
    const family = (name: string, help: string, unit: string) => registry.counters({ name, help, unit });
    const counter = (name: string, help: string) => family(name, help, "{failure}").with({});
    this.#transitions = family("authspike_alert_transitions", "Steps in the life of alerts", "{transition}");
    this.#attempts = family("authspike_delivery_attempts", "Attempts to deliver a page, by outcome", "{attempt}");
    this.#abandoned = family("authspike_delivery_abandoned", "Pages that will never arrive", "{page}").with({});
    this.#bundles = family("authspike_rule_bundles", "Rule bundles that were looked at, by outcome", "{bundle}");
    this.#storeFailures = counter("authspike_store_failures", "Writes or reads that SQLite refused");
    this.#analysisFailures = counter("authspike_analysis_failures", "Requests forwarded unmarked: our own fault");
    this.#redactionFailures = counter("authspike_redaction_failures", "Requests refused unredacted: our own fault");
    this.#publishFailures = counter("authspike_publish_failures", "Alert events that did not go downstream");
    this.#threadDeaths = family("authspike_receiver_thread_deaths", "Receiver threads that died", "{thread}").with({});
    this.#tickFailures = counter("authspike_tick_failures", "Beats that ended early: our own fault");
    this.#deliveryLatency = registry.histogram(
      { name: "authspike_delivery_latency_seconds", help: "Time to a notifier's answer", unit: "s" },
      LATENCY_BOUNDS_SECONDS,
    );
  }

  transition({ kind, alert }: Transition): void {
    this.#transitions.with({ kind, rule: alert.ruleId }).add(1);
    const { id: alertId, severity, evidence } = alert;
    const endpoint = endpointName(alert.endpoint);
    const { rate, usual, failures } = evidence;
    this.#log.info({ alertId, severity, endpoint, rate, usual, failures }, `alert ${kind}`);
  }

  attempted(row: OutboxRow, attempt: DeliveryAttempt): void {
    this.#attempts.with({ outcome: attempt.outcome, action: row.action }).add(1);
    this.#deliveryLatency.observe(attempt.latencyMs / 1000);
    const { status, reason, latencyMs } = attempt;
    const fields = { alertId: row.alertId, action: row.action, target: row.targetId, status, reason, latencyMs };
    if (attempt.outcome === "delivered") this.#log.info(fields, "page delivered");
    // The first failure of a row tells the state has changed; the count tells the rest.
    else if (row.attempts === 1) this.#log.warn(fields, "page not delivered yet, will retry");
    else this.#log.debug(fields, "page not delivered yet, will retry");
  }

  abandoned(row: OutboxRow, reason: string): void {
    this.#abandoned.add(1);
    const page: Page = thawPage(row.body);
    const fields = { alertId: row.alertId, action: row.action, target: row.targetId, reason };
    this.#log.error(
      { ...fields, summary: page.text.summary, details: page.text.details },
      "page will not be delivered",
    );
  }

  superseded(row: OutboxRow, reason: string): void {
    this.#attempts.with({ outcome: "superseded", action: row.action }).add(1);
    this.#log.info({ alertId: row.alertId, action: row.action, reason }, "page not needed any more");
  }

  accepted({ ruleSet, origin, warnings, notices }: ActiveBundle, changes: readonly string[]): void {
    this.#bundles.with({ outcome: "accepted" }).add(1);
    const fields = { bundle: ruleSet.hash, origin, rules: ruleSet.rules.length, changes };
    this.#log.info({ ...fields, warnings: warnings.length }, "rules in force");
    for (const notice of notices) this.#log.info({}, notice);
  }

  refused({ text, diagnostics }: Refusal, inForce: string | null): void {
    this.#bundles.with({ outcome: "refused" }).add(1);
    const fields = { inForce, errors: diagnostics.length, diagnostics: text };
    this.#log.error(fields, "rule files have errors; the last good bundle stays in force");
  }

  outboxFailed(error: unknown): void {
    this.storeFailed(error);
  }

  historyFailed(error: unknown): void {
    this.storeFailed(error);
  }

  storeFailed(error: unknown): void {
    this.#storeFailures.add(1);
    if (!this.#isStoreFailing) this.#log.error({ err: error }, "the store fails; alerts and pages go on from memory");
    this.#isStoreFailing = true;
    this.#troubles.begins("store-disk");
  }

  storeWorks(): void {
    if (this.#isStoreFailing) this.#log.info({}, "the store works again");
    this.#isStoreFailing = false;
    this.#troubles.ends("store-disk");
  }

  analysisFailed(error: unknown): void {
    this.#analysisFailures.add(1);
    // A fault in one kind of span comes with every request of its sender.
    if (this.#analysisFailures.value === 1)
      this.#log.error({ err: error }, "analysis failed; request forwarded unmarked");
    else this.#log.debug({ err: error }, "analysis failed; request forwarded unmarked");
  }

  /** The error is not logged: its message may quote what was to be redacted. */
  redactionFailed(error: unknown): void {
    this.#redactionFailures.add(1);
    const fields = { errorName: error instanceof Error ? error.name : typeof error };
    if (this.#redactionFailures.value === 1) this.#log.error(fields, "redaction failed; request refused");
    else this.#log.debug(fields, "redaction failed; request refused");
  }

  samplingFound({ requests, service, share, sign }: SamplingFinding, remedy: string): void {
    this.#log.warn({ service, sign, requests, share, remedy }, "sampling distorts what is seen of a service");
  }

  tickFailed(error: unknown): void {
    this.#tickFailures.add(1);
    this.#log.error({ err: error }, "a beat failed; the next one goes on");
  }

  tlsChanged(change: CertificateChange): void {
    const { settingName } = change;
    if (change.kind === "renewed") this.#log.info({ settingName }, "certificate renewed");
    else this.#log.error({ settingName, err: change.error }, "certificate files are unusable; the old one goes on");
  }

  receiverThreadDied(error: Error): void {
    this.#threadDeaths.add(1);
    // One that cannot live dies again every second.
    if (!this.#isThreadDead) this.#log.error({ err: error }, "a receiver thread died; another takes its place");
    this.#isThreadDead = true;
  }

  receiverThreadReplaced(): void {
    this.#isThreadDead = false;
    this.#log.info({}, "the receiver thread was replaced");
  }

  viewFailed(error: unknown): void {
    this.#log.error({ err: error }, "a view failed; its caller was told that it is our fault");
  }

  publishFailed(error: unknown): void {
    this.#publishFailures.add(1);
    this.#log.warn({ err: error }, "an alert event did not reach an exporter; its page is not affected");
  }

  published(event: AlertEvent): void {
    this.#log.debug({ alertId: event.alert.id, eventName: event.eventName }, "alert event queued");
  }
}
