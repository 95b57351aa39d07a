/**
 * Counts what the failures of one series have in common: how many had which cause.
 *
 * The tally belongs to one rise of evidence. It starts anew with the first failure of the next, as
 * the detector's own tally of clients does, so that what a page says is about its own episode. A cause
 * that becomes clearer after its failure was counted is moved within the tally.
 */
import { watchedCusum } from "../detection/evidence.ts";
import type { Series } from "../detection/series.ts";
import type { Confidence, FailureCause } from "../extraction/causes/cause.ts";
import { isCauseName } from "../extraction/causes/cause.ts";
import { percent } from "./words.ts";

/** Failures with one cause. */
export type CauseFailures = {
  readonly cause: string;
  readonly confidence: Confidence;
  /** Adjusted count. */
  readonly failures: number;
};

/** Recordings may name causes of their own: what comes after so many different ones is counted as `other`. */
export const OWN_CAUSES_MAX = 8;
/** A page names so many; the rest is told as one. */
export const CAUSES_SHOWN_MAX = 8;

/** The cause of failures of which nobody says why. */
export const UNDECIDED = "undecided";
const OTHER_CAUSE = "other";

const LEADING_SHARE_MIN = 0.2;
/** Weights have parts, whose sums leave crumbs. */
const NOTHING = 1e-6;
const SURENESS: Readonly<Record<Confidence, number>> = { low: 0, medium: 1, high: 2 };

/** `sureness` adds up over the failures, so that one sure case does not speak for a thousand guesses. */
type Entry = { readonly cause: string; failures: number; sureness: number };

/** One for each cause, in order of appearance. */
export type CauseTally = Entry[];

/** Whether the next failure is the first of a rise of evidence, or of none yet. */
export function isBetweenEpisodes({ watch }: Series): boolean {
  return watch === null || (watch.alarm === null && watchedCusum(watch.evidence) === 0);
}

/** Of a rise whose first failure has this cause. A list that grows from nothing makes room for seventeen. */
export function newTally(cause: FailureCause | null): CauseTally {
  return [newEntry(cause?.name ?? UNDECIDED)];
}

export function countCause(tally: CauseTally, cause: FailureCause | null, weight: number): void {
  const entry = entryFor(tally, cause?.name ?? UNDECIDED);
  entry.failures += weight;
  entry.sureness += weight * SURENESS[cause?.confidence ?? "low"];
}

/** Failures that were counted with one cause turn out to have another. */
export function moveCause(
  tally: CauseTally,
  {
    from,
    to,
    weight,
  }: { readonly from: FailureCause | null; readonly to: FailureCause | null; readonly weight: number },
): void {
  countCause(tally, from, -weight);
  countCause(tally, to, weight);
  const empty = tally.findIndex(({ failures }) => failures < NOTHING);
  if (empty !== -1) tally.splice(empty, 1);
}

/** The commonest first. */
export function causesOf(tally: CauseTally): readonly CauseFailures[] {
  const causes = tally.map(({ cause, failures, sureness }) => ({
    cause,
    confidence: confidenceOf(sureness / failures),
    failures,
  }));
  return causes.sort((left, right) => right.failures - left.failures);
}

export function failuresIn(causes: readonly Pick<CauseFailures, "failures">[]): number {
  return causes.reduce((sum, { failures }) => sum + failures, 0);
}

/** Of several series together, the commonest first. The confidence of a cause is its lowest anywhere. */
export function mergeCauses(lists: readonly (readonly CauseFailures[])[]): readonly CauseFailures[] {
  const merged = new Map<string, CauseFailures>();
  for (const entry of lists.flat()) {
    const known = merged.get(entry.cause) ?? { ...entry, failures: 0 };
    const confidence = SURENESS[entry.confidence] < SURENESS[known.confidence] ? entry.confidence : known.confidence;
    merged.set(entry.cause, { ...known, confidence, failures: known.failures + entry.failures });
  }
  return [...merged.values()].sort((left, right) => right.failures - left.failures);
}

/** The commonest that is known, if it stands for a part worth naming. */
export function leadingCause(causes: readonly CauseFailures[]): CauseFailures | null {
  const leading = causes.find(({ cause }) => cause !== UNDECIDED && cause !== OTHER_CAUSE);
  if (leading === undefined || leading.failures < LEADING_SHARE_MIN * failuresIn(causes)) return null;
  return leading;
}

/** `expired 82%`, `bad_password 11% (low confidence)`. */
export function causeMix(causes: readonly CauseFailures[]): readonly string[] {
  const all = failuresIn(causes);
  const shown = causes.slice(0, CAUSES_SHOWN_MAX).map(({ cause, confidence, failures }) => {
    const isDoubtful = confidence === "low" && cause !== UNDECIDED;
    return `${cause} ${percent(failures / all)}${isDoubtful ? " (low confidence)" : ""}`;
  });
  const rest = failuresIn(causes.slice(CAUSES_SHOWN_MAX));
  return rest > 0 ? [...shown, `others ${percent(rest / all)}`] : shown;
}

function entryFor(tally: CauseTally, name: string): Entry {
  const known = tally.find(({ cause }) => cause === name);
  if (known !== undefined) return known;
  // Our own words always have a place, or the tally would depend on the order in which causes come.
  if (isOwn(name) && tally.filter(({ cause }) => isOwn(cause)).length >= OWN_CAUSES_MAX)
    return entryFor(tally, OTHER_CAUSE);
  const entry = newEntry(name);
  tally.push(entry);
  return entry;
}

function newEntry(cause: string): Entry {
  return { cause, failures: 0, sureness: 0 };
}

function confidenceOf(sureness: number): Confidence {
  if (sureness >= 1.5) return "high";
  return sureness >= 0.5 ? "medium" : "low";
}

function isOwn(name: string): boolean {
  return !isCauseName(name) && name !== UNDECIDED && name !== OTHER_CAUSE;
}
