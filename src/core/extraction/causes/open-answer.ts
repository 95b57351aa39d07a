/**
 * An outcome that spans within the request may still change, because they come behind it in its batch.
 *
 * Where a service is known to say within a request how it was answered, the request waits for the end of its
 * batch and is asked once more then. What is said in a later batch comes too late for the outcome.
 */
import type { Outcome } from "../observation.ts";
import type { Explanation, RefusalExplainer } from "./explain-refusal.ts";
import type { TracePlace } from "./trace-place.ts";

export class OpenAnswer {
  readonly #explainer: RefusalExplainer;
  readonly #place: TracePlace;
  readonly #outcome: Outcome;

  constructor(explainer: RefusalExplainer, { outcome, place }: { outcome: Outcome; place: TracePlace }) {
    this.#explainer = explainer;
    this.#outcome = outcome;
    this.#place = place;
  }

  /** What has become of it by now; null where that is nothing new. */
  revise(): Explanation | null {
    return this.#explainer.revise(this.#place, this.#outcome);
  }
}
