/**
 * Plays recorded traffic to an engine in virtual time.
 *
 * The clock is the recording's own: it follows arrivals and never goes back, so what arrives late is
 * taken at the present moment, as it would have been live. The engine is ticked as the service ticks
 * it, every second and right after a request that completes the evidence; while nothing is in doubt and
 * no request waits for its other spans a tick has nothing to do, and the clock jumps.
 */
import type { Effect } from "../core/alerts/alert.ts";
import type { Engine, EngineSettings, IngestResult } from "../core/engine.ts";
import type { OutcomeOverride } from "../core/extraction/outcome-override.ts";
import { OutcomeOverrides } from "../core/extraction/outcome-override.ts";
import { Redactor } from "../core/extraction/redaction/redactor.ts";
import type { RedactionRules } from "../core/extraction/redaction/secrets-in-text.ts";
import { DEFAULT_RULES } from "../core/extraction/redaction/secrets-in-text.ts";
import type { RecordedRequest, RequestContext } from "../core/extraction/request-observation.ts";
import { RequestObservation } from "../core/extraction/request-observation.ts";
import type { Instant, UnixMillis } from "../core/time.ts";
import { SECOND_MS } from "../core/time.ts";

export type ReplayParts = {
  readonly engine: Engine;
  readonly clientKey: EngineSettings["clientKey"];
  /** What services mean by their answers, for requests that come without spans; the engine knows it for spans. */
  readonly outcomes?: readonly OutcomeOverride[];
  /** Null: nothing is redacted. Left out: as the service does unless told otherwise. */
  readonly redaction?: RedactionRules | null;
  readonly onEffects: (effects: readonly Effect[], now: Instant) => void;
};

export class Replay {
  readonly #engine: Engine;
  /** As in the service: what is reported of a recording is shown to people, too. */
  readonly #redactor: Redactor | null;
  readonly #onEffects: ReplayParts["onEffects"];
  readonly #requestContext: RequestContext;
  #now: UnixMillis = Number.NEGATIVE_INFINITY;

  constructor({ engine, clientKey, outcomes = [], redaction = DEFAULT_RULES, onEffects }: ReplayParts) {
    this.#engine = engine;
    this.#redactor = redaction === null ? null : new Redactor(redaction);
    this.#onEffects = onEffects;
    this.#requestContext = { endpoints: engine.endpoints, clientKey, outcomes: new OutcomeOverrides(outcomes) };
  }

  /** Infinitely long ago before anything has arrived. */
  get now(): UnixMillis {
    return this.#now;
  }

  request(request: RecordedRequest, arrivedAt: UnixMillis): void {
    this.passUntil(arrivedAt);
    const observation = new RequestObservation(request, this.#requestContext);
    if (this.#engine.observe(observation, this.#instant)) this.#tick();
  }

  spans(bytes: Uint8Array, arrivedAt: UnixMillis): IngestResult {
    this.passUntil(arrivedAt);
    const result = this.#engine.ingest(this.#redactor?.redact("traces", bytes) ?? bytes, this.#instant);
    if (result.kind === "ingested" && result.isUrgent) this.#tick();
    return result;
  }

  /** Lets time go by with nothing arriving. A moment that has passed changes nothing. */
  passUntil(moment: UnixMillis): void {
    while (this.#engine.needsTicks) {
      const nextBeat = (Math.floor(this.#now / SECOND_MS) + 1) * SECOND_MS;
      if (nextBeat > moment) break;
      this.#now = nextBeat;
      this.#tick();
    }
    if (moment > this.#now) this.#now = moment;
  }

  /** Lets time go by until no alert is open, at most `limitMs`. */
  settle(limitMs: number): void {
    const end = this.#now + limitMs;
    while (this.#engine.needsTicks && this.#now < end) this.passUntil(this.#now + SECOND_MS);
  }

  get #instant(): Instant {
    return { steady: this.#now, wall: this.#now };
  }

  #tick(): void {
    const effects = this.#engine.tick(this.#instant);
    if (effects.length > 0) this.#onEffects(effects, this.#instant);
  }
}
