/**
 * Sees the spans of one batch after the other: has each counted that stands for a request or a call, and
 * marks those that stand for requests.
 *
 * Mostly a span is done with when it has been seen. Where it may be one of several of its request, it
 * waits for the rest of its batch, and what it is marked with is filled in at the end. Calls are counted
 * and leave as they came.
 */
import { SKETCHED_KEYS } from "../alerts/patterns/episode-sketch.ts";
import type { RequestCounter } from "../alerts/request-counter.ts";
import { RequestJoiner } from "../extraction/joining/request-joiner.ts";
import type { SpanExtractor } from "../extraction/span-extractor.ts";
import { mayStandBetween } from "../extraction/span-extractor.ts";
import { SpanEdits } from "../otlp/span-edits.ts";
import type { SpanView } from "../otlp/span-view.ts";
import type { SpanSink } from "../otlp/trace-scanner.ts";
import type { UnixMillis } from "../time.ts";
import type { Enricher } from "./enrich.ts";

/** What spans are read with. Changes with the rules. */
export type SpanReading = {
  readonly extractor: SpanExtractor;
  /** Attributes that rules ask for. */
  readonly attributeKeys: readonly string[];
  /** Some rule judges calls. */
  readonly areCallsWatched: boolean;
};

export type SpanMarkerParts = {
  readonly counter: RequestCounter;
  readonly enricher: Enricher;
  readonly hashSeed: number;
};

export class SpanMarker implements SpanSink {
  readonly requests: RequestJoiner;
  /** The same for calls, apart: many of them must not crowd out the requests that are remembered. */
  readonly #calls: RequestJoiner;
  readonly #edits = new SpanEdits();
  readonly #counter: RequestCounter;
  readonly #enricher: Enricher;
  #reading: SpanReading;
  #now: UnixMillis = 0;

  constructor({ counter, enricher, hashSeed }: SpanMarkerParts, reading: SpanReading) {
    this.#counter = counter;
    this.#enricher = enricher;
    this.requests = new RequestJoiner(hashSeed);
    this.#calls = new RequestJoiner(hashSeed);
    this.#reading = reading;
    this.readWith(reading);
  }

  readWith(reading: SpanReading): void {
    this.#reading = reading;
    const { attributeKeys } = reading;
    for (const joiner of [this.requests, this.#calls]) {
      joiner.attributeKeys = attributeKeys;
      joiner.failureAttributeKeys = [...new Set([...attributeKeys, ...SKETCHED_KEYS])];
    }
  }

  /** To be called before the spans of a batch. */
  begin(bytes: Uint8Array, now: UnixMillis): void {
    this.release(now);
    this.#edits.reset(bytes);
  }

  /** The scanner's door: called for each valid span, in order. */
  span(view: SpanView): void {
    const observation = this.#reading.extractor.extract(view);
    if (observation === null) {
      this.#passBy(view);
      return;
    }
    const counted = this.requests.admit(observation, this.#now);
    const { heldPart } = this.requests;
    if (heldPart !== null) {
      if (!observation.isMarked) heldPart.editPlace = this.#edits.reserve(view);
      return;
    }
    const figures = counted === null ? null : this.#counter.count(counted, this.#now);
    this.#edits.append(view, this.#enricher.attributesFor(observation, figures));
  }

  invalidSpan(view: SpanView): void {
    this.#edits.removeSpan(view);
  }

  /** The batch with its marks, to be asked for when all its spans have been seen. */
  end(): Uint8Array {
    for (const { counted } of this.#calls.settle(this.#now)) {
      if (counted !== null) this.#counter.count(counted, this.#now);
    }
    for (const { counted, marks } of this.requests.settle(this.#now)) {
      const figures = counted === null ? null : this.#counter.count(counted, this.#now);
      for (const mark of marks) {
        const attributes = this.#enricher.attributesFor({ ...mark, isMarked: false }, mark.isCounted ? figures : null);
        this.#edits.fill(mark.editPlace, attributes);
      }
    }
    return this.#edits.apply();
  }

  /** Requests that wait for further spans. */
  get heldCount(): number {
    return this.requests.heldCount + this.#calls.heldCount;
  }

  /** Counts what has waited long enough for further spans. */
  release(now: UnixMillis): void {
    this.#now = now;
    for (const joiner of [this.requests, this.#calls]) {
      if (joiner.heldCount === 0) continue;
      for (const observation of joiner.release(now)) this.#counter.count(observation, now);
    }
  }

  /** A span that is no request says at least how those that are lie within each other. */
  #passBy(view: SpanView): void {
    const { areCallsWatched, extractor } = this.#reading;
    if (mayStandBetween(view)) this.requests.passBetween(view, extractor.scopeOf(view), this.#now);
    else if (areCallsWatched) this.#countCall(view);
  }

  #countCall(view: SpanView): void {
    const call = this.#reading.extractor.extractCall(view);
    const counted = call === null ? null : this.#calls.admit(call, this.#now);
    if (counted !== null) this.#counter.count(counted, this.#now);
  }
}
