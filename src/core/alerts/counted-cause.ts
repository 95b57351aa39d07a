/**
 * Follows the cause of a failed request after it was counted.
 *
 * A page does not wait for explanations. What children, logs and other services say later moves the
 * failure within the tallies that it was counted in; so an escalation, the resolve and the alert's events
 * know more than the first page did.
 */
import type { FailureCause } from "../extraction/causes/cause.ts";
import type { CauseFollower, Refusal } from "../extraction/causes/refusal.ts";
import { strongestCause } from "../extraction/causes/refusal.ts";
import type { Observation } from "../extraction/observation.ts";
import type { CauseTally } from "./cause-tally.ts";
import { countCause, isBetweenEpisodes, moveCause, newTally } from "./cause-tally.ts";
import type { WatchedSeries } from "./watched-series.ts";

/** Counts why a request failed, in the tally of the present rise of the series. */
export function countFailureCause(series: Pick<WatchedSeries, "causes" | "state">, observation: Observation): void {
  // A new one: failures of the last rise may still be followed, in the tally they were counted in.
  if (isBetweenEpisodes(series.state)) series.causes = newTally(observation.cause);
  countCause(series.causes, observation.cause, observation.weight);
  const { refusals = [] } = observation;
  if (refusals.length > 0) followerOf(refusals, observation).countedIn(series.causes);
}

class CountedCause implements CauseFollower {
  readonly #refusals: readonly Refusal[];
  readonly #weight: number;
  readonly #tallies: CauseTally[] = [];
  #cause: FailureCause | null;

  constructor(refusals: readonly Refusal[], { cause, weight }: Observation) {
    this.#refusals = refusals;
    this.#weight = weight;
    this.#cause = cause;
  }

  countedIn(tally: CauseTally): void {
    this.#tallies.push(tally);
  }

  causeRefined(): void {
    const from = this.#cause;
    const to = strongestCause(this.#refusals);
    if (from?.name === to?.name && from?.confidence === to?.confidence) return;
    this.#cause = to;
    for (const tally of this.#tallies) moveCause(tally, { from, to, weight: this.#weight });
  }
}

/** One for all rules that count the request. */
function followerOf(refusals: readonly Refusal[], observation: Observation): CountedCause {
  const known = refusals[0]?.follower;
  if (known instanceof CountedCause) return known;
  const follower = new CountedCause(refusals, observation);
  for (const refusal of refusals) refusal.follower = follower;
  return follower;
}
