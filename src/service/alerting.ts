/**
 * The running engine: rules, judgements, pages and memory, everything but the sockets.
 *
 * What it needs from outside arrives as interfaces, so that a simulation can play days in seconds,
 * with a virtual clock, a store that fails and a PagerDuty that hangs, and crash it anywhere.
 */
import type { Alert, AlertEvent, Notification } from "../core/alerts/alert.ts";
import { IN_DOUBT_MS } from "../core/alerts/settle.ts";
import type { EngineSettings, IngestResult } from "../core/engine.ts";
import { Engine } from "../core/engine.ts";
import type { RuleSet } from "../core/rules/rule.ts";
import type { Instant } from "../core/time.ts";
import type { LedgerStore } from "./alert-ledger.ts";
import { AlertLedger } from "./alert-ledger.ts";
import { CheckpointRounds } from "./checkpoint-rounds.ts";
import type { CheckpointStore } from "./checkpoints.ts";
import { restoreCheckpoints } from "./checkpoints.ts";
import type { Sender } from "./delivery.ts";
import { Delivery } from "./delivery.ts";
import type { EffectParts } from "./effects.ts";
import { carryOut } from "./effects.ts";
import type { ServiceEvents } from "./events.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { LookResult, Refusal, RuleKeeper } from "./rule-keeper.ts";
import { SamplingReport } from "./sampling-report.ts";
import type { Schedule } from "./schedule.ts";

export interface AlertingStore extends LedgerStore {
  readonly alerts: LedgerStore["alerts"] & { openAlerts(): readonly Alert[] };
  readonly checkpoints: CheckpointStore;
  readonly meta: { rememberSteady(at: number): void };
  /** Forgets a little of what is old, in a step too short to hold up a page. */
  readonly retention: { forget(now: number): number };
}

export type AlertingParts = {
  readonly store: AlertingStore;
  readonly rules: RuleKeeper;
  readonly engine: EngineSettings;
  readonly sender: (ledger: AlertLedger) => Sender;
  readonly publish: (event: AlertEvent) => void;
  readonly clock: { now(): Instant };
  readonly schedule: Schedule;
  readonly random: () => number;
  readonly events: ServiceEvents;
};

export type AlertingStart =
  | { readonly kind: "started"; readonly alerting: Alerting }
  /** There never was a good rule bundle: nothing was started. */
  | { readonly kind: "no_rules"; readonly refusal: Refusal };

export class Alerting {
  readonly engine: Engine;
  readonly ledger: AlertLedger;
  readonly delivery: Delivery;
  readonly #parts: AlertingParts;
  readonly #heartbeat: Heartbeat;
  readonly #effectParts: EffectParts;
  readonly #checkpoints: CheckpointRounds;
  readonly #sampling: SamplingReport;
  #cancelDoubt: (() => void) | null = null;

  private constructor(parts: AlertingParts, ruleSet: RuleSet) {
    const { clock, events, random, schedule, store } = parts;
    this.#parts = parts;
    this.engine = new Engine(parts.engine, ruleSet);
    this.ledger = new AlertLedger(store, (error) => events.storeFailed(error));
    this.delivery = new Delivery({
      outbox: this.ledger,
      sender: parts.sender(this.ledger),
      observer: events,
      now: () => clock.now().steady,
      schedule,
      random,
    });
    this.#heartbeat = new Heartbeat({ beat: () => this.#beat(), schedule });
    this.#effectParts = {
      ledger: this.ledger,
      deliver: () => this.delivery.wake(),
      publish: parts.publish,
      onTransition: (transition) => events.transition(transition),
    };
    this.#sampling = new SamplingReport(
      () => this.engine.senders.samplingFindings(),
      (finding, remedy) => events.samplingFound(finding, remedy),
    );
    this.#checkpoints = new CheckpointRounds({
      engine: this.engine,
      store: store.checkpoints,
      clock,
      schedule,
      onSaved: (now) => this.#remembered(now),
      onRoundEnded: (now) => {
        this.#forget(now);
        this.#sampling.tellNew();
      },
      onFailed: (error) => events.storeFailed(error),
    });
  }

  /** Takes up what the last run left: rules, baselines, open alerts, pages on their way. */
  static start(parts: AlertingParts): AlertingStart {
    const loaded = parts.rules.load();
    if (loaded.kind === "none") return { kind: "no_rules", refusal: loaded.refusal };
    const alerting = new Alerting(parts, parts.rules.active.ruleSet);
    alerting.#resume();
    return { kind: "started", alerting };
  }

  ingest(bytes: Uint8Array, now: Instant): IngestResult {
    return this.engine.ingest(bytes, now);
  }

  hearLogs(bytes: Uint8Array): void {
    this.engine.hearLogs(bytes);
  }

  /** Evidence is complete somewhere: judge as soon as the event loop is free. */
  urge(): void {
    this.#heartbeat.urge();
  }

  /** Sends what is to be said about authspike itself. */
  tell(notifications: readonly Notification[]): void {
    const effects = notifications.map((notification) => ({ kind: "notify", notification }) as const);
    this.#carryOut(effects, this.#parts.clock.now());
  }

  /** On a person's request: looks at the files even if they have not changed. */
  reloadRules(origin: "signal" | "api"): LookResult {
    return this.#parts.rules.look(origin);
  }

  /** Sends what can be sent within the deadline and remembers everything. */
  async stop(deadlineMs: number): Promise<void> {
    this.#parts.rules.stop();
    this.#heartbeat.stop();
    this.#cancelDoubt?.();
    this.#judge();
    await this.delivery.drain(deadlineMs);
    this.#checkpoints.finish();
  }

  #resume(): void {
    const { clock, rules, store } = this.#parts;
    const now = clock.now();
    restoreCheckpoints(store.checkpoints, this.engine, now);
    const record = this.ledger.isFormerInDoubt ? "in_doubt" : "complete";
    const effects = this.engine.restoreAlerts(store.alerts.openAlerts(), now, record);
    this.delivery.start();
    this.#carryOut(effects, now);
    rules.watch((ruleSet) => this.#replaceRules(ruleSet));
    this.#checkpoints.start();
    this.#heartbeat.start();
    if (record === "in_doubt") this.#cancelDoubt = this.#parts.schedule(IN_DOUBT_MS, () => this.ledger.trustFormer());
  }

  #replaceRules(ruleSet: RuleSet): void {
    const now = this.#parts.clock.now();
    this.#carryOut(this.engine.replaceRules(ruleSet, now), now);
  }

  #beat(): void {
    try {
      this.#judge();
    } catch (error) {
      this.#parts.events.tickFailed(error);
    }
  }

  #judge(): void {
    const now = this.#parts.clock.now();
    const effects = this.engine.tick(now);
    this.#carryOut(effects, now);
    if (effects.length > 0) this.#checkpoints.alertsChanged();
  }

  #carryOut(effects: ReturnType<Engine["tick"]>, now: Instant): void {
    carryOut(effects, { notifiers: this.engine.ruleSet.notifiers, now }, this.#effectParts);
  }

  #remembered(now: Instant): void {
    const { events, store } = this.#parts;
    store.meta.rememberSteady(now.steady);
    if (!this.ledger.isBehind) events.storeWorks();
  }

  #forget(now: Instant): void {
    try {
      this.#parts.store.retention.forget(now.steady);
    } catch (error) {
      this.#parts.events.storeFailed(error);
    }
  }
}
