/**
 * The real intake, engine and books with a queue that only remembers, and what must hold for every
 * request, however spoilt: refused whole without a trace, or taken and fit to be read downstream.
 */
import assert from "node:assert/strict";
import type protobuf from "protobufjs";
import { Engine } from "../../../src/core/engine.ts";
import { protobufToJson } from "../../../src/core/otlp/json-from-protobuf.ts";
import { countItems } from "../../../src/core/otlp/signal-count.ts";
import type { Signal, Verdict } from "../../../src/core/otlp/verdict.ts";
import { splitRequest } from "../../../src/io/exporters/split-request.ts";
import type { Intake } from "../../../src/service/intake.ts";
import { createIntake } from "../../../src/service/intake.ts";
import { MetricRegistry } from "../../../src/service/metrics.ts";
import { PipelineCounters } from "../../../src/service/pipeline-counters.ts";
import { decode } from "../../support/otlp-protobuf.ts";
import { ruleSetOf } from "../../support/rule-bundles.ts";
import { VIRTUAL_START } from "../../support/virtual-scheduler.ts";
import { REQUEST_TYPES } from "./samples.ts";

/** Watched by endpoint, and by what senders write themselves. */
const RULES = `version: 1
rules:
  - {id: by-endpoint, match: {route: "**"}, count: {outcome: unauthenticated}}
  - {id: by-attribute, match: {route: "**"}, count: {outcome: unauthenticated}, per: [user_agent.original, service.version]}
routes:
  - {notify: [log]}
`;
const SETTINGS = { clientKey: [1, 2, 3, 4], endpointsPerServiceMax: 200, endpointsMax: 2_000 } as const;
const MESSAGE_EVERY_MS = 10;
const TICK_EVERY = 100;

type State = {
  readonly refused: number;
  readonly kept: { readonly totals: object; readonly tables: readonly number[] };
};

type Batch = { readonly signal: Signal; readonly bytes: Uint8Array; readonly itemCount: number };

export class FuzzedIntake {
  readonly #engine = new Engine(SETTINGS, ruleSetOf(RULES));
  readonly #counters = new PipelineCounters(new MetricRegistry());
  readonly #intake: Intake;
  #queued: Batch[] = [];
  #analysisFailures: unknown[] = [];
  #requestCount = 0;
  takenCount = 0;
  /** Taken here and refused by protobufjs: what it will not nest as deeply, mostly. */
  laxCount = 0;

  constructor() {
    this.#intake = createIntake({
      engine: this.#engine,
      queue: { hasRoomFor: () => true, isTaken: () => true, append: async (batch) => void this.#queued.push(batch) },
      // What is forwarded is compared with what was sent.
      redact: null,
      counters: this.#counters,
      now: () => this.#now,
      onUrgent: () => {},
      onAnalysisFailure: (error) => this.#analysisFailures.push(error),
      onRedactionFailure: (error) => this.#analysisFailures.push(error),
    });
  }

  /** Throws an AssertionError when the request does what no request may do. */
  async check(signal: Signal, bytes: Uint8Array): Promise<void> {
    this.#queued = [];
    this.#requestCount++;
    const original = Uint8Array.from(bytes);
    const before = this.#state(signal);
    const verdict = await this.#intake({ signal, bytes });
    if (this.#requestCount % TICK_EVERY === 0) this.#engine.tick(this.#now);
    const [failure] = this.#analysisFailures;
    assert.ifError(failure);
    // Large ones are given back, and then there is nothing to see.
    const isUntouched = bytes.length === 0 || Buffer.from(bytes).equals(original);
    assert.ok(isUntouched, "the sender's bytes are not written to");
    if (verdict.kind === "refused") this.#checkRefused(signal, before);
    else this.#checkTaken(signal, original, verdict);
  }

  get #now() {
    const at = VIRTUAL_START + this.#requestCount * MESSAGE_EVERY_MS;
    return { steady: at, wall: at };
  }

  /** Everything that a request could change and a refused one must not. */
  #state(signal: Signal): State {
    const { endpoints, seriesCount, dueCheckpointCount } = this.#engine;
    const { refused, ...totals } = this.#counters.totals(signal);
    const { overflowedCount, services, size, spellings } = endpoints;
    const tables = [size, services.size, spellings.size, overflowedCount, seriesCount, dueCheckpointCount];
    return { refused, kept: { totals, tables } };
  }

  #checkRefused(signal: Signal, before: State): void {
    const after = this.#state(signal);
    assert.deepEqual(after.kept, before.kept, "a malformed request changes nothing but the count of refusals");
    assert.equal(after.refused, before.refused + 1);
    assert.deepEqual(this.#queued, []);
  }

  #checkTaken(signal: Signal, original: Uint8Array, verdict: Verdict): void {
    assert.notEqual(verdict.kind, "retry");
    this.takenCount++;
    const [batch] = this.#queued;
    if (batch === undefined) return;
    const rejectedCount = verdict.kind === "partial" ? verdict.rejected : 0;
    assert.deepEqual(countItems(signal, original), { kind: "counted", itemCount: batch.itemCount + rejectedCount });
    assert.deepEqual(countItems(signal, batch.bytes), { kind: "counted", itemCount: batch.itemCount });
    this.#checkReadable(REQUEST_TYPES[signal], original, batch.bytes);
    checkTellable(batch);
    checkSplittable(batch);
  }

  #checkReadable(type: protobuf.Type, original: Uint8Array, forwarded: Uint8Array): void {
    const meant = tryDecode(type, original);
    if (meant === undefined) this.laxCount++;
    else assert.deepEqual(withoutMarks(decode(type, forwarded)), withoutInvalidSpans(meant));
  }
}

function tryDecode(type: protobuf.Type, bytes: Uint8Array): unknown {
  try {
    return decode(type, bytes);
  } catch {
    return undefined;
  }
}

/** Exporters that speak JSON have to say it. */
function checkTellable({ signal, bytes }: Batch): void {
  const json = protobufToJson(signal, bytes);
  assert.ok(json.kind === "ok");
  JSON.parse(json.text);
}

/** Destinations may want it in pieces. */
function checkSplittable({ signal, bytes, itemCount }: Batch): void {
  const halves = splitRequest(bytes);
  if (halves === null) return;
  const counts = halves.map((half) => countItems(signal, half));
  const total = counts.reduce((sum, counted) => sum + (counted.kind === "counted" ? counted.itemCount : Number.NaN), 0);
  assert.equal(total, itemCount, "the halves hold what the whole held");
}

type Decoded = { readonly [field: string]: unknown };

function withoutMarks(request: unknown): unknown {
  return mapSpans(request, (span) => {
    const { attributes, ...rest } = span;
    if (!Array.isArray(attributes)) return [span];
    const kept = attributes.filter(({ key }: Decoded) => !String(key).startsWith("authspike."));
    return [kept.length === 0 ? rest : { ...rest, attributes: kept }];
  });
}

function withoutInvalidSpans(request: unknown): unknown {
  const isValid = (id: unknown, digits: number) => typeof id === "string" && id.length === digits && !/^0*$/.test(id);
  const valid = mapSpans(request, (span) =>
    isValid(span["traceId"], 32) && isValid(span["spanId"], 16) ? [span] : [],
  );
  return withoutMarks(valid);
}

function mapSpans(request: unknown, change: (span: Decoded) => readonly Decoded[]): unknown {
  return mapList(request, "resourceSpans", (group) => [
    mapList(group, "scopeSpans", (scope) => [mapList(scope, "spans", change)]),
  ]);
}

/** A list that loses everything is no list, as protobufjs leaves empty ones out. */
function mapList(holder: unknown, name: string, change: (item: Decoded) => readonly Decoded[]): Decoded {
  const { [name]: list, ...rest } = holder as Decoded;
  if (!Array.isArray(list)) return rest;
  const changed = list.flatMap((item: Decoded) => change(item));
  return changed.length === 0 ? rest : { ...rest, [name]: changed };
}
