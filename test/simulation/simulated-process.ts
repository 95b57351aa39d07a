/**
 * One life of the service under simulation: real rules, engine, ledger, delivery and SQLite, with the
 * outside made of chance.
 *
 * A crash may come at any place where the process touches the outside: before a commit, after it,
 * before an event is sent, after it was accepted and before the answer is noted. From that place on
 * nothing the process does has an effect, as after kill -9; what is on disk is all that the next life has.
 */
import assert from "node:assert/strict";
import { ruleBundleContext } from "../../src/config/rule-files.ts";
import type { Verdict } from "../../src/core/alerts/delivery-policy.ts";
import { readRuleBundle } from "../../src/core/rules/rule-bundle.ts";
import type { SourceFile } from "../../src/core/text/yaml-document.ts";
import { Store } from "../../src/io/sqlite/store.ts";
import type { AlertingStore } from "../../src/service/alerting.ts";
import { Alerting } from "../../src/service/alerting.ts";
import type { Sender } from "../../src/service/delivery.ts";
import { ServiceEvents } from "../../src/service/events.ts";
import { LastingTrouble } from "../../src/service/lasting-trouble.ts";
import type { Log } from "../../src/service/log.ts";
import { MetricRegistry } from "../../src/service/metrics.ts";
import type { OutboxRow } from "../../src/service/outbox.ts";
import { RuleKeeper } from "../../src/service/rule-keeper.ts";
import type { Random } from "../support/random.ts";
import type { VirtualScheduler } from "../support/virtual-scheduler.ts";

export type ProcessParts = {
  readonly directory: string;
  readonly time: VirtualScheduler;
  readonly random: Random;
  /** The rule files as they are on disk now. */
  readonly files: () => readonly SourceFile[];
  /** Asked at every place where a crash can come. */
  readonly crashesAt: (place: string) => boolean;
  /** What PagerDuty does with an event; called when the event arrives there. */
  readonly deliver: (row: OutboxRow) => Promise<Verdict>;
  /** While true, the store refuses every write. */
  readonly isDiskFull: () => boolean;
};

/** Unwinds the stack of a process that has just died. */
class Crash extends Error {
  override readonly name = "Crash";
}

const QUIET: Log = { debug() {}, info() {}, warn() {}, error() {} };

export class SimulatedProcess {
  readonly alerting: Alerting;
  readonly #parts: ProcessParts;
  readonly #store: Store;
  #isDead = false;
  #isReleased = false;

  constructor(parts: ProcessParts) {
    this.#parts = parts;
    this.#store = Store.open(parts.directory);
    const started = Alerting.start({
      store: this.#guardedStore(),
      rules: this.#ruleKeeper(),
      engine: { clientKey: [1, 2, 3, 4], endpointsPerServiceMax: 1000, endpointsMax: 10_000 },
      sender: () => this.#sender(),
      publish: () => this.#crashPoint("publish"),
      clock: parts.time,
      schedule: (delayMs, action) => parts.time.schedule(delayMs, () => this.#live(action)),
      random: () => parts.random.uniform(),
      events: new ServiceEvents(
        QUIET,
        new MetricRegistry(),
        new LastingTrouble(parts.time.schedule, () => parts.time.now().steady),
      ),
    });
    assert(started.kind === "started", "the simulated world always has a good bundle to start with");
    this.alerting = started.alerting;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  ingest(bytes: Uint8Array): void {
    this.#live(() => {
      const result = this.alerting.ingest(bytes, this.#parts.time.now());
      assert(result.kind === "ingested");
      if (result.isUrgent) this.alerting.urge();
    });
  }

  /** Like kill -9, and lets go of the file. */
  kill(): void {
    this.#isDead = true;
    if (!this.#isReleased) this.#store.close();
    this.#isReleased = true;
  }

  async stop(): Promise<void> {
    await this.alerting.stop(5000);
    this.kill();
  }

  #live(action: () => void): void {
    if (this.#isDead) return;
    try {
      action();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
  }

  #crashPoint(place: string): void {
    if (this.#isDead || this.#parts.crashesAt(place)) {
      this.#isDead = true;
      throw new Crash(place);
    }
  }

  /** A write that can be refused, and before and after which the process can die. */
  #write<Result>(place: string, write: () => Result): Result {
    this.#crashPoint(`before ${place}`);
    if (this.#parts.isDiskFull()) throw new Error("database or disk is full");
    const result = write();
    this.#crashPoint(`after ${place}`);
    return result;
  }

  #mark(write: () => void): void {
    this.#crashPoint("before mark");
    write();
    this.#crashPoint("after mark");
  }

  #guardedStore(): AlertingStore {
    const { alerts, checkpoints, meta, outbox, retention, targets, unrecorded } = this.#store;
    return {
      alerts: {
        commit: (commit) => this.#write("commit", () => alerts.commit(commit)),
        openAlerts: () => alerts.openAlerts(),
      },
      outbox: {
        pending: (afterId, limit) => outbox.pending(afterId, limit),
        historyOf: (row) => outbox.historyOf(row),
        recordAttempt: (row, attempt) => this.#write("note", () => outbox.recordAttempt(row, attempt)),
        recordState: (row) => this.#write("note", () => outbox.recordState(row)),
      },
      targets: { target: (id) => targets.target(id) },
      // Written in its place: a full disk does not refuse it.
      unrecorded: {
        isSet: unrecorded.isSet,
        set: () => this.#mark(() => unrecorded.set()),
        clear: () => this.#mark(() => unrecorded.clear()),
      },
      checkpoints: {
        save: (changed, now) => this.#write("checkpoint", () => checkpoints.save(changed, now)),
        remove: (ruleless) => this.#write("checkpoint", () => checkpoints.remove(ruleless)),
        restore: () => checkpoints.restore(),
      },
      retention: { forget: (now) => this.#write("retention", () => retention.forget(now)) },
      meta: { rememberSteady: (at) => this.#write("clock", () => meta.rememberSteady(at)) },
    };
  }

  #ruleKeeper(): RuleKeeper {
    const { files, time } = this.#parts;
    const context = () => ruleBundleContext({ environment: {}, directory: "rules", nowWall: time.now().wall });
    return new RuleKeeper({
      readFiles: files,
      parse: (texts) => readRuleBundle(texts, context()),
      history: {
        active: () => this.#store.rules.active(),
        activate: (bundle) => this.#write("bundle", () => this.#store.rules.activate(bundle)),
      },
      nowWall: () => time.now().wall,
      schedule: (delayMs, action) => time.schedule(delayMs, () => this.#live(action)),
      observer: { accepted() {}, refused() {}, historyFailed() {} },
    });
  }

  /** A dead process waits for ever: whoever awaits it is dead as well. */
  #sender(): Sender {
    return {
      send: async (row) => {
        const forever = new Promise<never>(() => {});
        if (this.#dies("before send")) return forever;
        const verdict = await this.#parts.deliver(row);
        return this.#dies("after send") ? forever : verdict;
      },
    };
  }

  #dies(place: string): boolean {
    if (!this.#isDead && this.#parts.crashesAt(place)) this.#isDead = true;
    return this.#isDead;
  }
}
