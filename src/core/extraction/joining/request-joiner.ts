/**
 * Sees to it that a request is one sample, however many spans tell about it and however often they
 * are sent.
 *
 * Nearly every span is a request of its own and is counted at once. Only what is ambiguous waits. The
 * first spans of a service wait for the end of their batch, until it is known not to nest, and so does a
 * request whose outcome spans behind it may change. Those of a
 * service that nests wait for each other, mostly within one batch and never longer than HELD_MS, and are
 * then counted as one. Nothing is ever taken back from a detector. The price is paid once for each
 * service whose requests are torn over several batches: of the first ones, the part that came first
 * stands for the whole.
 */
import type { SpanView } from "../../otlp/span-view.ts";
import type { UnixMillis } from "../../time.ts";
import { SECOND_MS } from "../../time.ts";
import type { Observation } from "../observation.ts";
import type { ServiceScope } from "../service-table.ts";
import type { SpanObservation } from "../span-observation.ts";
import type { PartMarks } from "./held-request.ts";
import { HeldRequest } from "./held-request.ts";
import type { JoinedRequest } from "./joined-request.ts";
import type { Nesting } from "./nesting.ts";
import { isComplete, isFlat, mayBePart, nestingAt, PARTS_MAX } from "./nesting.ts";
import { COUNTED, RecentRequests } from "./recent-requests.ts";
import type { RequestPart } from "./request-part.ts";
import { descentOf, partOf } from "./request-part.ts";

/** How long a span may wait for the others of its request. */
export const HELD_MS = 2000;
/** Requests that wait. One more, and the oldest is counted as it is. */
export const HELD_REQUESTS_MAX = 10_000;

/** What has become of a request whose spans the batch at hand brought. */
export type SettledRequest = {
  /** To be counted now; null when it goes on waiting, or is counted already. */
  readonly counted: Observation | null;
  readonly marks: readonly PartMarks[];
};

/** Parts of one that waits, beyond which further spans are requests of their own. */
const PARTS_HELD_MAX = 2 * PARTS_MAX;

const GROUPS_MAX = 2 ** 30;
const NO_REQUESTS: readonly SettledRequest[] = [];

export class RequestJoiner {
  /** Attributes that a held request has to bring along, because somebody will ask for them; more of a failed one. */
  attributeKeys: readonly string[] = [];
  failureAttributeKeys: readonly string[] = [];
  /** Of the last `admit`: the span waits. What it is marked with is said by `settle`. */
  heldPart: RequestPart | null = null;
  /** Spans that were sent again. */
  repeatedCount = 0;
  /** Spans that another span of their request stands for. */
  nestedCount = 0;
  /** Requests that were counted before their time because too many waited. */
  overflowCount = 0;
  readonly #recent: RecentRequests;
  /** By number, the longest waiting first. */
  readonly #held = new Map<number, HeldRequest>();
  /** Those to which the batch at hand has brought a span. */
  readonly #touched = new Set<HeldRequest>();
  #due: Observation[] = [];
  #lastGroup = COUNTED;

  constructor(hashSeed: number) {
    this.#recent = new RecentRequests(hashSeed);
  }

  get heldCount(): number {
    return this.#held.size + this.#due.length;
  }

  /**
   * What is to be counted now that this span is here: mostly the span itself, null when it waits
   * (`heldPart`) or when another one stands for it (`isCounted` of the observation is then false).
   */
  admit(observation: SpanObservation, now: UnixMillis): Observation | null {
    const recent = this.#recent;
    const { scope } = observation;
    this.heldPart = null;
    const place = recent.add(observation.view, scope.index, now);
    if (recent.isRepeated) {
      observation.isCounted = false;
      this.repeatedCount += 1;
      scope.tally?.note("repeated");
      return null;
    }
    if (recent.hasRelatives) {
      const linked = recent.linkedTo(place, now);
      if (linked.length > 0) return this.#join(observation, { place, linked }, now);
    }
    if (observation.openAnswer === null && !mayBePart(observation, nestingOf(scope, now))) return observation;
    this.#hold(observation, place, now);
    return null;
  }

  /**
   * A span that is no request but may stand between two of one. It may come before both, or after. Those
   * of services that do not nest are passed over: to remember each would cost a third of what it costs
   * to read it.
   */
  passBetween(view: SpanView, scope: ServiceScope, now: UnixMillis): void {
    if (scope.nesting !== null && isFlat(scope.nesting)) return;
    for (const place of this.#recent.addBetween(view, scope.index, now)) {
      const part = this.#partAt(place);
      if (part !== undefined) part.parentKey = this.#recent.parentKeyOf(place);
      for (const other of this.#recent.linkedTo(place, now)) this.#connect(scope, { place, other }, now);
    }
  }

  /** What has become of the requests of which the batch that has now been read brought spans. */
  settle(now: UnixMillis): readonly SettledRequest[] {
    if (this.#touched.size === 0) return NO_REQUESTS;
    const settled = [...this.#touched].map((request) => this.#settle(request, now));
    this.#touched.clear();
    return settled;
  }

  /** Held requests whose time is up, to be counted now. */
  release(now: UnixMillis): readonly Observation[] {
    for (const held of this.#held.values()) {
      if (held.until > now) break;
      this.#giveUp(held, now);
    }
    const due = this.#due;
    this.#due = [];
    return due;
  }

  #hold(observation: SpanObservation, place: number, now: UnixMillis): void {
    const group = this.#newGroup();
    const part = partOf(observation, {
      key: this.#recent.keyOf(place),
      parentKey: this.#recent.parentKeyOf(place),
      attributeKeys: observation.outcome === "ok" ? this.attributeKeys : this.failureAttributeKeys,
    });
    const request = new HeldRequest(group, part, { scope: observation.scope, until: now + HELD_MS });
    this.heldPart = part;
    this.#held.set(group, request);
    this.#touched.add(request);
    this.#recent.setState(place, group);
    if (this.#held.size > HELD_REQUESTS_MAX) this.#makeRoom(now);
  }

  #makeRoom(now: UnixMillis): void {
    const oldest = this.#held.values().next().value;
    if (oldest === undefined) return;
    this.overflowCount += 1;
    this.#giveUp(oldest, now);
  }

  #giveUp(request: HeldRequest, now: UnixMillis): void {
    this.#close(request, "due");
    if (request.parts.length === 1) nestingOf(request.scope, now).lonelyCount += 1;
    // One that the batch at hand has brought spans of is counted when that has been read.
    if (!this.#touched.has(request)) this.#due.push(request.joined());
  }

  /** From here on its spans count as counted, and what links to them is overlooked. */
  #close(request: HeldRequest, state: "due" | "overlooked"): void {
    request.state = state;
    this.#held.delete(request.group);
  }

  #settle(held: HeldRequest, now: UnixMillis): SettledRequest {
    const request = held.joined();
    if (held.state === "waiting" && isWhole(request, nestingOf(held.scope, now), now)) this.#close(held, "due");
    return { counted: held.state === "due" ? request : null, marks: held.takeMarks(request) };
  }

  /** The span is within, or around, others that came before it. */
  #join(
    observation: SpanObservation,
    { place, linked }: { readonly place: number; readonly linked: readonly number[] },
    now: UnixMillis,
  ): Observation | null {
    const counted = linked.find((other) => this.#requestAt(other) === undefined);
    if (counted === undefined) {
      if (this.#partCountOf(linked) >= PARTS_HELD_MAX) return observation;
      this.#hold(observation, place, now);
    } else {
      if (!this.#recent.takePart(counted, PARTS_MAX)) return observation;
      observation.isCounted = false;
      this.nestedCount += 1;
    }
    for (const other of linked) this.#connect(observation.scope, { place, other }, now);
    return null;
  }

  /** Two spans have turned out to tell about one request. */
  #connect(
    scope: ServiceScope,
    { place, other }: { readonly place: number; readonly other: number },
    now: UnixMillis,
  ): void {
    const [request, otherRequest] = [this.#requestAt(place), this.#requestAt(other)];
    if (request !== undefined && otherRequest !== undefined) {
      if (request !== otherRequest) this.#merge(request, otherRequest, place);
      return;
    }
    this.#learnTooLate(scope, { place, other }, now);
    const left = request ?? otherRequest;
    if (left === undefined) return;
    this.#close(left, "overlooked");
    this.nestedCount += left.parts.length;
  }

  #merge(request: HeldRequest, otherRequest: HeldRequest, place: number): void {
    const isOlder = request.until < otherRequest.until;
    // The older one keeps its turn.
    const [kept, merged] = isOlder ? [request, otherRequest] : [otherRequest, request];
    kept.absorb(merged);
    this.#held.delete(merged.group);
    this.#recent.replaceState(place, merged.group, kept.group);
    this.#touched.delete(merged);
    this.#touched.add(kept);
    this.nestedCount += 1;
  }

  /** A span came after its request had been counted: the next ones of this service will wait for it. */
  #learnTooLate(
    scope: ServiceScope,
    { place, other }: { readonly place: number; readonly other: number },
    now: UnixMillis,
  ): void {
    const recent = this.#recent;
    const nesting = nestingOf(scope, now);
    const agoMs = Math.abs(recent.seenAtSeconds(place) - recent.seenAtSeconds(other)) * SECOND_MS;
    nesting.seenAt = now;
    // For what comes later still, waiting would help nobody.
    if (agoMs > HELD_MS) {
      scope.tally?.note("late_part");
      return;
    }
    // Where it was known that the service nests, the counted span had waited for the rest of its batch.
    if (nesting.depth > 1 && !nesting.isOuterFirst) nesting.isOuterFirst = true;
    else nesting.depth = Math.min(PARTS_MAX, nesting.depth + 1);
  }

  #requestAt(place: number): HeldRequest | undefined {
    return this.#held.get(this.#recent.stateOf(place));
  }

  #partAt(place: number): RequestPart | undefined {
    const key = this.#recent.keyOf(place);
    return this.#requestAt(place)?.parts.find((part) => part.key === key);
  }

  #partCountOf(places: readonly number[]): number {
    const requests = new Set(places.map((place) => this.#requestAt(place)));
    return [...requests].reduce((sum, request) => sum + (request?.parts.length ?? 0), 0);
  }

  #newGroup(): number {
    this.#lastGroup = (this.#lastGroup % GROUPS_MAX) + 1;
    return this.#lastGroup;
  }
}

/** Whether a request of which a batch has brought spans is counted now. Learns from it how its service nests. */
function isWhole({ outermost, partCount }: JoinedRequest, nesting: Nesting, now: UnixMillis): boolean {
  if (partCount > 1) {
    nesting.depth = Math.max(nesting.depth, Math.min(PARTS_MAX, partCount));
    nesting.seenAt = now;
  }
  const isWhole = isComplete({ count: partCount, outermost: descentOf(outermost) }, nesting);
  if (isWhole && partCount === 1) nesting.aloneCount += 1;
  return isWhole;
}

function nestingOf(scope: ServiceScope, now: UnixMillis): Nesting {
  const nesting = nestingAt(now, scope.nesting);
  scope.nesting = nesting;
  return nesting;
}
