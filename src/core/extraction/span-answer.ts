/**
 * How a request was answered, where its status does not say it.
 *
 * Owners of services know better what they mean by an answer (`outcome-override.ts`), and GraphQL
 * refuses inside a 200: the code then stands on an exception, on the span itself or on one within, or on
 * an attribute that the configuration names.
 */
import type { SpanView } from "../otlp/span-view.ts";
import { VALUE_OTHER } from "../otlp/span-view.ts";
import { textsIn } from "./causes/captured-values.ts";
import type { RefusalExplainer } from "./causes/explain-refusal.ts";
import type { OpenAnswer } from "./causes/open-answer.ts";
import type { RefusalEvidence } from "./causes/refusal-evidence.ts";
import type { Outcome } from "./observation.ts";
import type { OutcomeOverrides } from "./outcome-override.ts";
import type { SpanObservation } from "./span-observation.ts";

export type SpanAnswerParts = {
  readonly overrides: OutcomeOverrides;
  readonly evidence: RefusalEvidence;
  readonly explainer: RefusalExplainer;
};

const STATUS_ERROR = 2;
const TEXT_MAX_BYTES = 512;
const NO_TEXTS: readonly string[] = [];

export class SpanAnswers {
  readonly #parts: SpanAnswerParts;
  readonly #slots = new Map<string, number>();

  constructor(parts: SpanAnswerParts) {
    this.#parts = parts;
  }

  /** Null when the status says it all, as for nearly every request. */
  outcomeOf(observation: SpanObservation): Outcome | null {
    const { overrides, evidence, explainer } = this.#parts;
    const { view } = observation;
    if (!overrides.isEmpty) {
      const textsOf = (key: string) => this.#textsAround(view, key);
      const { endpoint, grpcStatus, httpStatus } = observation;
      const meant = overrides.outcomeOf({ endpoint, grpcStatus, httpStatus, textsOf });
      if (meant !== null) return meant;
    }
    if (observation.outcome !== "ok") return null;
    const own = view.statusCode === STATUS_ERROR ? explainer.answerOn(view) : null;
    return own ?? (evidence.mayHaveAnswered(view) ? evidence.answerAt(evidence.placeOf(view)) : null);
  }

  /**
   * What spans behind this one in its batch may still say of its answer; null for nearly every request. To be asked
   * when the outcome is known as far as it can be by now.
   */
  openAnswer(observation: SpanObservation): OpenAnswer | null {
    const { evidence, explainer, overrides } = this.#parts;
    const { endpoint, grpcStatus, httpStatus, view } = observation;
    const stated = explainer.openAnswer(view, observation);
    const keys = overrides.attributeKeys;
    if (keys.length === 0 || !evidence.mayHaveAnswered(view)) return stated;
    const place = evidence.placeOf(view);
    const own = new Map(keys.map((key) => [key, this.#texts(view, key)]));
    const textsOf = (key: string) => [...(own.get(key) ?? NO_TEXTS), ...evidence.textsAt(place, key)];
    const meaning = () => overrides.outcomeOf({ endpoint, grpcStatus, httpStatus, textsOf });
    const meantByNow = meaning();
    return {
      revise: () => {
        const meant = meaning();
        // What was meant before went into the outcome, and a cause may have changed that since.
        if (meant === null || meant === meantByNow) return stated?.revise() ?? null;
        return explainer.explainMeant(place, meant);
      },
    };
  }

  /** Keeps what a span within a request holds of the attributes that the configuration names. */
  listenTo(view: SpanView): void {
    const { overrides, evidence } = this.#parts;
    for (const key of overrides.attributeKeys) {
      const texts = this.#texts(view, key);
      if (texts.length > 0) evidence.hold(evidence.placeOf(view), key, texts);
    }
  }

  /** Of the span, then of the spans within it. */
  #textsAround(view: SpanView, key: string): readonly string[] {
    const { evidence } = this.#parts;
    const own = this.#texts(view, key);
    return evidence.mayHaveAnswered(view) ? [...own, ...evidence.textsAt(evidence.placeOf(view), key)] : own;
  }

  #texts({ attributes, bytes }: SpanView, key: string): readonly string[] {
    const slot = this.#slots.get(key) ?? attributes.keys.indexOf(key);
    this.#slots.set(key, slot);
    if (slot === -1 || !attributes.has(slot)) return NO_TEXTS;
    if (attributes.kind[slot] === VALUE_OTHER) return textsIn(attributes, bytes, slot, TEXT_MAX_BYTES);
    const text = attributes.text(bytes, slot);
    return text === undefined ? NO_TEXTS : [text];
  }
}
