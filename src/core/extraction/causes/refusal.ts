/**
 * A refused request as its span told it, with the cause as it is known so far.
 */
import type { FailureCause, Statement } from "./cause.ts";
import { CAUSES } from "./cause.ts";
import type { TracePlace } from "./trace-place.ts";
import { CLOSENESS } from "./trace-place.ts";

/** Who has counted a refusal by its cause, and wants to know when the cause becomes clearer. */
export interface CauseFollower {
  causeRefined(): void;
}

/** A statement, and how close to the request it was made: see `CLOSENESS`; what was passed on lies between. */
export type Heard = { readonly statement: Statement; readonly closeness: number };

export class Refusal {
  readonly place: TracePlace;
  follower: CauseFollower | null = null;
  #heard: Heard | null = null;
  #shown: Heard | null = null;

  constructor(place: TracePlace) {
    this.place = place;
  }

  get cause(): FailureCause | null {
    return strongestCause([this]);
  }

  /** The strongest so far. */
  get heard(): Heard | null {
    return this.#heard;
  }

  /** What the request itself shows, in place of a statement that nothing was sent: see `isWithoutCredentials`. */
  get shown(): FailureCause | null {
    return this.#shown?.statement ?? null;
  }

  show(statement: Statement): void {
    const shown = { statement, closeness: CLOSENESS.own };
    if (this.#shown === null || compareHeard(shown, this.#shown) < 0) this.#shown = shown;
  }

  /** Returns whether that is stronger than what was known. */
  hear(heard: Heard): boolean {
    if (heard.closeness === CLOSENESS.apart) return false;
    if (this.#heard !== null && compareHeard(heard, this.#heard) >= 0) return false;
    this.#heard = heard;
    this.follower?.causeRefined();
    return true;
  }
}

/** The strongest of several; null when nobody knows anything. The order does not matter. */
export function strongestCause(refusals: readonly Refusal[]): FailureCause | null {
  let strongest: Heard | null = null;
  for (const { heard } of refusals) {
    if (heard !== null && (strongest === null || compareHeard(heard, strongest) < 0)) strongest = heard;
  }
  const said = strongest?.statement ?? null;
  if (said?.name !== "no_credentials") return said;
  return refusals.find(({ shown }) => shown !== null)?.shown ?? said;
}

/** Negative when the left one is stronger: by the row of the table, then by closeness, then by what no order changes. */
export function compareHeard(left: Heard, right: Heard): number {
  return (
    left.statement.row - right.statement.row ||
    left.closeness - right.closeness ||
    CAUSES.indexOf(left.statement.name) - CAUSES.indexOf(right.statement.name)
  );
}
