/**
 * Sees to it that a request is one sample, however many spans tell about it and however often they
 * are sent.
 *
 * Nearly every span is a request of its own and is counted at once. Only what is ambiguous waits: a
 * span whose parent is known to be in the same process, and the spans of a service that has been seen
 * to nest. They wait for each other, mostly within one batch and never longer than HELD_MS, and are
 * then counted as one. Nothing is ever taken back from a detector. The price is paid once for each
 * service that nests: of the first requests with which that becomes known, the part that came first
 * stands for the whole.
 */
import type { UnixMillis } from "../../time.ts";
import { SECOND_MS } from "../../time.ts";
import type { Observation } from "../observation.ts";
import type { ServiceScope } from "../service-table.ts";
import type { SpanObservation } from "../span-observation.ts";
import type { RequestPart } from "./joined-request.ts";
import { JoinedRequest, outermostOf, partOf } from "./joined-request.ts";
import type { Nesting } from "./nesting.ts";
import { isComplete, isForgotten, mayBePart, newNesting, PARTS_MAX } from "./nesting.ts";
import { COUNTED, RecentRequests } from "./recent-requests.ts";

/** How long a span may wait for the others of its request. */
export const HELD_MS = 2000;
/** Requests that wait. One more, and the oldest is counted as it is. */
export const HELD_REQUESTS_MAX = 10_000;

const GROUPS_MAX = 2 ** 30;

type Parts = readonly [RequestPart, ...RequestPart[]];
type HeldRequest = { readonly parts: Parts; readonly scope: ServiceScope; readonly until: UnixMillis };

export class RequestJoiner {
  /** Attributes that rules ask for, which a held request has to bring along. */
  attributeKeys: readonly string[] = [];
  /** Spans that were sent again. */
  repeatedCount = 0;
  /** Spans that another span of their request stands for. */
  nestedCount = 0;
  /** Requests that were counted before their time because too many waited. */
  overflowCount = 0;
  readonly #recent: RecentRequests;
  /** By number of the group, the longest waiting first. */
  readonly #held = new Map<number, HeldRequest>();
  #due: Observation[] = [];
  #lastGroup = COUNTED;

  constructor(hashSeed: number) {
    this.#recent = new RecentRequests(hashSeed);
  }

  get heldCount(): number {
    return this.#held.size + this.#due.length;
  }

  /**
   * What is to be counted now that this span is here: mostly the span itself, the whole request when
   * the span completes it, null when nothing is. Sets `isCounted` of the observation, and lets it
   * speak for the whole request where it is the outermost span of one.
   */
  admit(observation: SpanObservation, now: UnixMillis): Observation | null {
    const recent = this.#recent;
    const place = recent.add(observation.view, observation.scope.index, now);
    if (recent.isRepeated) {
      observation.isCounted = false;
      this.repeatedCount += 1;
      return null;
    }
    if (recent.hasRelatives) {
      const linked = recent.linkedTo(place, now);
      if (linked.length > 0) return this.#join(observation, { place, linked }, now);
    }
    const { nesting } = observation.scope;
    const known = nesting === null || isForgotten(nesting, now) ? null : nesting;
    if (!mayBePart(observation, known)) return observation;
    return this.#hold(observation, place, now);
  }

  /** Held requests whose time is up, to be counted now. */
  release(now: UnixMillis): readonly Observation[] {
    for (const [group, held] of this.#held) {
      if (held.until > now) break;
      this.#giveUp(group, held, now);
    }
    const due = this.#due;
    this.#due = [];
    return due;
  }

  #hold(observation: SpanObservation, place: number, now: UnixMillis): null {
    const group = this.#newGroup();
    const { scope } = observation;
    // Nobody knows yet whether another span will stand for the request; the entry is the likeliest.
    observation.isCounted = observation.isEntry;
    this.#held.set(group, { parts: [partOf(observation, this.attributeKeys)], scope, until: now + HELD_MS });
    this.#recent.setState(place, group);
    if (this.#held.size > HELD_REQUESTS_MAX) this.#makeRoom(now);
    return null;
  }

  #makeRoom(now: UnixMillis): void {
    const oldest = this.#held.entries().next().value;
    if (oldest === undefined) return;
    this.overflowCount += 1;
    this.#giveUp(...oldest, now);
  }

  #giveUp(group: number, { parts, scope }: HeldRequest, now: UnixMillis): void {
    this.#held.delete(group);
    this.#due.push(new JoinedRequest(parts));
    if (parts.length === 1) nestingOf(scope, now).lonelyCount += 1;
  }

  /** The span is directly within, or directly around, others that came before it. */
  #join(
    observation: SpanObservation,
    { place, linked }: { readonly place: number; readonly linked: readonly number[] },
    now: UnixMillis,
  ): Observation | null {
    const counted = linked.find((other) => !this.#held.has(this.#recent.stateOf(other)));
    const groups = [...new Set(linked.map((other) => this.#recent.stateOf(other)))];
    if (counted === undefined) return this.#addPart(observation, { place, linked, groups }, now);
    if (!this.#recent.takePart(counted, PARTS_MAX)) return observation;
    this.#learnTooLate(observation, { place, counted }, now);
    for (const group of groups) this.#close(group, place);
    observation.isCounted = false;
    this.nestedCount += 1;
    return null;
  }

  #addPart(
    observation: SpanObservation,
    place: { readonly place: number; readonly linked: readonly number[]; readonly groups: readonly number[] },
    now: UnixMillis,
  ): Observation | null {
    const [group = COUNTED, ...others] = place.groups;
    const until = this.#held.get(group)?.until ?? now;
    const before = place.groups.flatMap((member) => this.#held.get(member)?.parts ?? []);
    const parts: Parts = [partOf(observation, this.attributeKeys), ...before];
    const nesting = nestingOf(observation.scope, now);
    nesting.depth = Math.max(2, nesting.depth);
    nesting.seenAt = now;
    this.nestedCount += 1;
    observation.isCounted = place.linked.every((other) => this.#recent.isWithin(other, place.place));
    for (const other of others) this.#merge(other, group, place.place);
    if (!isComplete({ count: parts.length, isOutermostEntry: outermostOf(parts)?.isEntry === true }, nesting)) {
      // Setting a key that is there keeps its turn.
      this.#held.set(group, { parts, scope: observation.scope, until });
      this.#recent.setState(place.place, group);
      return null;
    }
    this.#close(group, place.place);
    const joined = new JoinedRequest(parts);
    if (observation.isCounted) observation.adopt(joined);
    return joined;
  }

  #merge(group: number, into: number, place: number): void {
    this.#held.delete(group);
    this.#recent.replaceState(place, group, into);
  }

  /** Its spans belong to a request that is counted. */
  #close(group: number, place: number): void {
    if (this.#held.delete(group)) this.#recent.replaceState(place, group, COUNTED);
  }

  /** A span came after its request had been counted: the next ones of this service will wait for it. */
  #learnTooLate(
    { scope }: SpanObservation,
    { place, counted }: { readonly place: number; readonly counted: number },
    now: UnixMillis,
  ): void {
    const nesting = nestingOf(scope, now);
    const agoMs = (this.#recent.seenAtSeconds(place) - this.#recent.seenAtSeconds(counted)) * SECOND_MS;
    // For what comes later still, waiting would help nobody.
    if (agoMs <= HELD_MS) nesting.depth = Math.min(PARTS_MAX, nesting.depth + 1);
    if (this.#recent.isWithin(place, counted)) nesting.isOuterFirst = true;
    nesting.seenAt = now;
  }

  #newGroup(): number {
    this.#lastGroup = (this.#lastGroup % GROUPS_MAX) + 1;
    return this.#lastGroup;
  }
}

function nestingOf(scope: ServiceScope, now: UnixMillis): Nesting {
  if (scope.nesting === null || isForgotten(scope.nesting, now)) scope.nesting = newNesting(now);
  return scope.nesting;
}
