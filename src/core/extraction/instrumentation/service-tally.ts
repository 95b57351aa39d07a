/**
 * What has been seen of one service's spans lately: counts of fixed number, an example for each, and little
 * else. 2.2 kB for a service without trouble; an example takes some 200 bytes more.
 *
 * "Lately" is the portion under way and the one before it. A portion is a quarter of an hour and at least a
 * hundred requests, so that a mended instrumentation is soon seen to be mended and a quiet service is judged
 * at all.
 */
import type { UnixMillis } from "../../time.ts";
import { MINUTE_MS, SECOND_MS } from "../../time.ts";
import type { Refusal } from "../causes/refusal.ts";
import { UNKNOWN_CLIENT } from "../client-fingerprint.ts";
import type { Count, Stratum } from "./count.ts";
import { COUNTS, FIRST_SIGN } from "./count.ts";
import type { Instrumentation } from "./known-instrumentations.ts";
import { LookGate } from "./look-gate.ts";
import type { SpanSender } from "./span-sender.ts";

/** One request that shows a sign. The name has been through redaction. */
export type SignExample = { readonly traceId: string; readonly spanName: string; readonly sender: SpanSender };

const PORTION_MIN_MS = 15 * MINUTE_MS;
const PORTION_MIN_REQUESTS = 100;
/** Refusals whose cause is awaited, since inner spans and logs may still tell it. */
const AWAITED_MAX = 16;
const AWAITED_MS = 5 * SECOND_MS;
/** Attributes with credentials that are remembered by name. */
const REDACTED_PLACES_MAX = 8;

const INDEX_OF: ReadonlyMap<Count, number> = new Map(COUNTS.map((count, index) => [count, index]));

type Awaited = { readonly refusal: Refusal; readonly since: UnixMillis };

export class ServiceTally {
  readonly refusedGate = new LookGate();
  readonly otherGate = new LookGate();
  /** For spans that are no requests. */
  readonly passedGate = new LookGate();
  /** The framework within the server's instrumentation, where its own spans have shown it. */
  framework: Instrumentation | null = null;
  /** Whoever made the span that was looked at last. */
  sender: SpanSender | null = null;
  #portion: Portion;
  #previous: Portion | null = null;
  #awaited: Awaited[] = [];

  constructor(now: UnixMillis) {
    this.#portion = new Portion(now, 0);
  }

  /** Requests that have come lately, whether looked at or not. */
  get seenCount(): number {
    return this.#everSeen - (this.#previous ?? this.#portion).seenBefore;
  }

  get #everSeen(): number {
    return this.refusedGate.seenCount + this.otherGate.seenCount;
  }

  /** Begins another portion when it is time. */
  advanceTo(now: UnixMillis): void {
    const { startedAt } = this.#portion;
    if (now - startedAt < PORTION_MIN_MS || this.#portion.countOf("request") < PORTION_MIN_REQUESTS) return;
    this.#previous = this.#portion;
    this.#portion = new Portion(now, this.#everSeen);
  }

  /** `example` is called for the first of a portion that shows a sign. */
  add(counts: readonly Count[], stratum: Stratum, example: () => SignExample): void {
    for (const count of counts) this.#portion.add(count, stratum, example);
  }

  /** Counts what has no example. */
  note(count: Count): void {
    this.#portion.note(count, "other");
  }

  noteClient(client: number): void {
    if (client !== UNKNOWN_CLIENT) this.#portion.noteClient(client);
  }

  noteRedacted(places: readonly string[]): void {
    for (const place of places) this.#portion.noteRedacted(place);
  }

  /** Counts the refusal as soon as nothing more will be said about it. */
  await(refusal: Refusal, now: UnixMillis): void {
    this.settleAwaited(now);
    if (this.#awaited.length < AWAITED_MAX) this.#awaited.push({ refusal, since: now });
  }

  settleAwaited(now: UnixMillis): void {
    while (this.#awaited[0] !== undefined && this.#awaited[0].since <= now - AWAITED_MS) {
      const { refusal } = this.#awaited[0];
      this.#portion.note("awaited", "refused");
      if (refusal.cause === null) this.#portion.note("cause_undecided", "refused");
      this.#awaited = this.#awaited.slice(1);
    }
  }

  count(count: Count, stratum?: Stratum): number {
    return this.#portion.countOf(count, stratum) + (this.#previous?.countOf(count, stratum) ?? 0);
  }

  example(count: Count): SignExample | null {
    return this.#portion.exampleOf(count) ?? this.#previous?.exampleOf(count) ?? null;
  }

  /** Of the requests that name a client, at least this share names one and the same. */
  get commonClientShare(): number {
    const hits = this.#portion.commonClientHits + (this.#previous?.commonClientHits ?? 0);
    return hits / Math.max(1, this.count("client"));
  }

  get redactedPlaces(): readonly string[] {
    return [...new Set([...(this.#previous?.redactedPlaces ?? []), ...this.#portion.redactedPlaces])];
  }
}

/** An array of its own for each stratum, and maps that stay empty, would make it half as large again. */
class Portion {
  readonly startedAt: UnixMillis;
  /** Requests that had come before it began. */
  readonly seenBefore: number;
  redactedPlaces: readonly string[] = [];
  /** Of others, and then of the refused. */
  readonly #counts = new Uint32Array(2 * COUNTS.length);
  #examples: Map<Count, SignExample> | null = null;
  // The majority, if there is any, found with one candidate (Boyer and Moore). Hits are counted from when it
  // became one, and so never too high.
  #candidate = UNKNOWN_CLIENT;
  #lead = 0;
  commonClientHits = 0;

  constructor(startedAt: UnixMillis, seenBefore: number) {
    this.startedAt = startedAt;
    this.seenBefore = seenBefore;
  }

  add(count: Count, stratum: Stratum, example: () => SignExample): void {
    this.note(count, stratum);
    const isSign = (INDEX_OF.get(count) ?? 0) >= FIRST_SIGN;
    if (!isSign || this.#examples?.has(count) === true) return;
    this.#examples ??= new Map();
    this.#examples.set(count, example());
  }

  note(count: Count, stratum: Stratum): void {
    const place = placeOf(count, stratum);
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
  }

  exampleOf(count: Count): SignExample | undefined {
    return this.#examples?.get(count);
  }

  noteRedacted(place: string): void {
    const known = this.redactedPlaces;
    if (known.length < REDACTED_PLACES_MAX && !known.includes(place)) this.redactedPlaces = [...known, place];
  }

  noteClient(client: number): void {
    if (this.#lead === 0 && client !== this.#candidate) {
      this.#candidate = client;
      this.commonClientHits = 0;
    }
    const isHit = client === this.#candidate;
    this.#lead += isHit ? 1 : -1;
    if (isHit) this.commonClientHits++;
  }

  countOf(count: Count, stratum?: Stratum): number {
    const refused = stratum === "other" ? 0 : (this.#counts[placeOf(count, "refused")] ?? 0);
    const other = stratum === "refused" ? 0 : (this.#counts[placeOf(count, "other")] ?? 0);
    return refused + other;
  }
}

function placeOf(count: Count, stratum: Stratum): number {
  return (INDEX_OF.get(count) ?? 0) + (stratum === "refused" ? COUNTS.length : 0);
}
