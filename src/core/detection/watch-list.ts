/**
 * Bounds how many series are watched at once, over all detectors that share the list.
 *
 * A scan that draws one failure from each of a million endpoints would otherwise cost the full state a
 * million times. When the list is full, the calmest of eight members from all over it becomes quiet to
 * make place: the one with the fewest failures of late. Counted by number, not by age alone, a busy login
 * is not pushed out by a scan that touches each endpoint once, however fast. And a hot member, one that
 * alarms or is well on its way to, is never taken: or an attacker could wipe out the evidence against
 * him by failing elsewhere. If all eight are hot it is the newcomer that finds no place.
 */
import type { UnixMillis } from "../time.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time.ts";
import { fade, highestCusum } from "./evidence.ts";
import { failuresLately } from "./pace.ts";
import type { Series, Watch } from "./series.ts";
import { endWatch, isAtRest } from "./watch.ts";

/** At three to seven kilobytes each. */
const WATCHED_SERIES_MAX = 50_000;

const CANDIDATES = 8;
/** Steps of the golden ratio visit a list of any length evenly, in no order that anyone can choose. */
const STEP = (Math.sqrt(5) - 1) / 2;
/** Share of the threshold from which a member is hot. */
const HOT_SHARE = 0.4;
const HEAT_MEMORY_MS = 10 * MINUTE_MS;
/** An alarm without any request for so long has nobody who ticks it. */
const ABANDONED_MS = HOUR_MS;
/** Members looked at with each newcomer, so that series without any requests become quiet too. */
const SWEPT = 2;
const IDLE_MS = DAY_MS;

export class WatchList {
  readonly #max: number;
  readonly #members: Series[] = [];
  #lookups = 0;
  #demotedCount = 0;
  #refusedCount = 0;

  constructor(max: number = WATCHED_SERIES_MAX) {
    this.#max = max;
  }

  get watchedCount(): number {
    return this.#members.length;
  }

  /** How often a series became quiet again, calm by itself or to make place. */
  get demotedCount(): number {
    return this.#demotedCount;
  }

  /** How many failures found no place: they are learned from, but no evidence is gathered of them. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** False when there is no place: the caller is to end the watch. */
  admit(series: Series, watch: Watch, now: UnixMillis): boolean {
    this.#sweep(now);
    if (this.#members.length >= this.#max && !this.#makePlace(now)) {
      this.#refusedCount++;
      return false;
    }
    watch.place = this.#members.push(series) - 1;
    return true;
  }

  demote(series: Series, watch: Watch): void {
    endWatch(series, watch);
    if (this.#members[watch.place] !== series) return;
    this.#demotedCount++;
    const last = this.#members.pop();
    if (last === undefined || last === series || last.watch === null) return;
    this.#members[watch.place] = last;
    last.watch.place = watch.place;
  }

  #makePlace(now: UnixMillis): boolean {
    let calmest: Series | null = null;
    let fewest = Number.POSITIVE_INFINITY;
    for (let count = 0; count < CANDIDATES; count++) {
      const candidate = this.#nextMember();
      if (candidate?.watch == null) continue;
      const failures = failuresLately(candidate.watch.pace, now);
      if (failures >= fewest || isHot(candidate.watch, now)) continue;
      calmest = candidate;
      fewest = failures;
    }
    if (calmest?.watch == null) return false;
    this.demote(calmest, calmest.watch);
    return true;
  }

  #sweep(now: UnixMillis): void {
    for (let count = 0; count < SWEPT; count++) {
      const member = this.#nextMember();
      if (member?.watch == null) return;
      fade(member.watch.evidence, now);
      if (isAtRest(member.watch, now, IDLE_MS)) this.demote(member, member.watch);
    }
  }

  #nextMember(): Series | undefined {
    this.#lookups++;
    return this.#members[Math.floor(((this.#lookups * STEP) % 1) * this.#members.length)];
  }
}

/** Evidence counts for less the longer ago the last failure was. */
function isHot(watch: Watch, now: UnixMillis): boolean {
  if (watch.alarm !== null) return now - watch.lastOutcomeAt < ABANDONED_MS;
  const sinceFailureMs = Math.max(0, now - watch.evidence.surplus.judgedAt);
  const nats = highestCusum(watch.evidence) * Math.exp(-sinceFailureMs / HEAT_MEMORY_MS);
  return nats >= HOT_SHARE * watch.threshold;
}
