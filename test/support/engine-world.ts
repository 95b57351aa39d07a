/**
 * An engine under virtual time, and words for what happens to it.
 *
 * Traffic is real OTLP bytes, one request a call, so that a test passes through every room of the
 * core; ticks come as the service would make them: at once when asked for, and every second.
 */
import assert from "node:assert/strict";
import type { Alert, Effect, Transition } from "../../src/core/alerts/alert.ts";
import type { BlockCheckpoint } from "../../src/core/alerts/block-checkpoint.ts";
import type { KnownClientsCheckpoint } from "../../src/core/alerts/patterns/known-clients-generation.ts";
import type { Checkpoint, SeriesCheckpoint } from "../../src/core/engine.ts";
import { Engine } from "../../src/core/engine.ts";
import type { RuleSet } from "../../src/core/rules/rule.ts";
import type { Instant, UnixMillis } from "../../src/core/time.ts";
import { SECOND_MS } from "../../src/core/time.ts";
import { Random } from "./random.ts";
import type { SpanFacts } from "./trace-request.ts";
import { traceRequest } from "./trace-request.ts";
import { VIRTUAL_START } from "./virtual-scheduler.ts";

export type Traffic = {
  readonly everyMs: number;
  readonly failureShare: number;
  readonly forMs: number;
  /** Addresses that take turns. */
  readonly clientCount?: number;
};

const SETTINGS = { clientKey: [1, 2, 3, 4], endpointsPerServiceMax: 1000, endpointsMax: 10_000 } as const;

export class EngineWorld {
  engine: Engine;
  now: UnixMillis = VIRTUAL_START;
  readonly effects: Effect[] = [];
  readonly #random = new Random(7);
  // What was checkpointed so far.
  readonly #blocks = new Map<number, BlockCheckpoint>();
  readonly #series = new Map<string, SeriesCheckpoint>();
  readonly #knownClients = new Map<string, KnownClientsCheckpoint>();
  #nextBeatAt = VIRTUAL_START + SECOND_MS;

  constructor(ruleSet: RuleSet) {
    this.engine = new Engine(SETTINGS, ruleSet);
  }

  get instant(): Instant {
    return { steady: this.now, wall: this.now };
  }

  /** `endpoint` as in `POST /login`. */
  play(endpoint: string, { everyMs, failureShare, forMs, clientCount = 20 }: Traffic): void {
    const [method = "", route = ""] = endpoint.split(" ");
    const end = this.now + forMs;
    while (this.now + everyMs <= end) {
      this.pass(everyMs);
      const status = this.#random.chance(failureShare) ? 401 : 200;
      this.send([{ method, route, status, client: `203.0.113.${this.#random.integer(clientCount)}` }]);
    }
    this.pass(end - this.now);
  }

  /** Returns the bytes that would be forwarded. */
  send(spans: readonly SpanFacts[], resource?: Readonly<Record<string, string>>): Uint8Array {
    return this.sendBytes(traceRequest(spans, resource));
  }

  /** The same for a request that was made elsewhere. */
  sendBytes(bytes: Uint8Array): Uint8Array {
    const result = this.engine.ingest(bytes, this.instant);
    assert(result.kind === "ingested");
    if (result.isUrgent) this.effects.push(...this.engine.tick(this.instant));
    return result.bytes;
  }

  /** Lets time go by with nothing arriving. */
  pass(forMs: number): void {
    const end = this.now + forMs;
    while (this.#nextBeatAt <= end) {
      this.now = this.#nextBeatAt;
      this.effects.push(...this.engine.tick(this.instant));
      this.#nextBeatAt += SECOND_MS;
    }
    this.now = end;
  }

  replaceRules(ruleSet: RuleSet): void {
    this.effects.push(...this.engine.replaceRules(ruleSet, this.instant));
  }

  /** Stops the engine and goes on with another that knows only what was checkpointed and recorded. */
  restart(ruleSet: RuleSet = this.engine.ruleSet): void {
    for (const checkpoint of this.engine.checkpoint(Number.POSITIVE_INFINITY)) this.#store(checkpoint);
    const open = new Map<string, Alert>();
    for (const { alert } of this.transitions()) open.set(alert.id, alert);
    this.engine = new Engine(SETTINGS, ruleSet);
    for (const checkpoint of [...this.#blocks.values(), ...this.#series.values(), ...this.#knownClients.values()]) {
      this.engine.restore(structuredClone(checkpoint), this.instant);
    }
    const alerts = [...open.values()].filter(({ state }) => state !== "resolved");
    this.effects.push(...this.engine.restoreAlerts(alerts, this.instant));
  }

  /** As the store in SQLite keeps it. */
  #store(checkpoint: Checkpoint): void {
    if (checkpoint.kind === "block") {
      const names = checkpoint.names ?? this.#blocks.get(checkpoint.id)?.names ?? null;
      this.#blocks.set(checkpoint.id, structuredClone({ ...checkpoint, names }));
      return;
    }
    if (checkpoint.kind === "known_clients") {
      const bits = checkpoint.bits.slice();
      this.#knownClients.set(`${checkpoint.generation % 2} ${checkpoint.page}`, { ...checkpoint, bits });
      return;
    }
    const key = JSON.stringify([checkpoint.ruleId, ...checkpoint.values]);
    if (checkpoint.kind === "series") this.#series.set(key, checkpoint);
    else this.#series.delete(key);
  }

  transitions(): readonly Transition[] {
    return this.effects.flatMap((effect) => (effect.kind === "record" ? [effect.transition] : []));
  }

  /** `["firing", "resolved"]`, in order. */
  kinds(): readonly string[] {
    return this.transitions().map(({ kind }) => kind);
  }

  /** `["trigger log", "resolve log"]`, in order. */
  notified(): readonly string[] {
    return this.effects.flatMap((effect) => {
      if (effect.kind !== "notify") return [];
      const { action, target } = effect.notification;
      return [`${action} ${target.kind === "notifier" ? target.name : target.target.notifier}`];
    });
  }

  dedupKeys(): ReadonlySet<string> {
    return new Set(this.transitions().map(({ alert }) => alert.dedupKey));
  }
}
