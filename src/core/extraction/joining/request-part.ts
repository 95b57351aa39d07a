/**
 * What is kept of a span that is held back because it may be one of several of its request.
 *
 * The span itself leaves with its batch. Where the batch is still at hand when the request is known, the
 * place that was reserved among its edits is filled with what is known then.
 */

import { NO_PLACE } from "../../otlp/span-edits.ts";
import type { OpenAnswer } from "../causes/open-answer.ts";
import type { Refusal } from "../causes/refusal.ts";
import type { Observation } from "../observation.ts";
import type { SpanObservation } from "../span-observation.ts";
import type { Descent } from "./nesting.ts";
import { NO_SPAN } from "./recent-requests.ts";

export type RequestPart = Descent &
  Readonly<Pick<Observation, "cause" | "client" | "endedAt" | "endpoint" | "grpcStatus">> &
  Readonly<Pick<Observation, "httpStatus" | "outcome" | "session" | "user" | "weight">> & {
    readonly refusals: readonly Refusal[];
    readonly openAnswer: OpenAnswer | null;
    readonly traceId: string;
    readonly spanId: string;
    /** Names the span in its trace, as `RecentRequests` does. */
    readonly key: string;
    /** The span that it is within, as far as is known: those between the two may still come. */
    parentKey: string;
    readonly hasRoute: boolean;
    /** Of those that somebody may ask for. */
    readonly attributes: ReadonlyMap<string, string>;
    /** Its place among the edits of the batch at hand; NO_PLACE once the span has left, or when it gains nothing. */
    editPlace: number;
  };

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

/** What is kept along with the span, and found elsewhere. */
type PartFacts = Pick<RequestPart, "key" | "parentKey"> & { readonly attributeKeys: readonly string[] };

export function partOf(observation: SpanObservation, facts: PartFacts): RequestPart {
  const { cause, client, endedAt, endpoint, grpcStatus, hasRoute, httpStatus, outcome, refusals, user, weight } =
    observation;
  const { key, parentKey, attributeKeys } = facts;
  return {
    ...{ cause, client, endedAt, endpoint, grpcStatus, hasRoute, httpStatus, outcome, refusals, user, weight },
    ...{ key, parentKey, editPlace: NO_PLACE },
    session: observation.session,
    traceId: observation.traceId(),
    spanId: observation.spanId(),
    isEntry: observation.isEntry,
    isLocalChild: observation.isLocalChild,
    openAnswer: observation.openAnswer,
    attributes: attributesOf(observation, attributeKeys),
  };
}

function attributesOf(observation: SpanObservation, keys: readonly string[]): ReadonlyMap<string, string> {
  if (keys.length === 0) return NO_ATTRIBUTES;
  const attributes = new Map<string, string>();
  for (const key of keys) {
    const value = observation.attribute(key);
    if (value !== undefined) attributes.set(key, value);
  }
  return attributes;
}

/** The part with what spans have said since that came behind it; itself where that changes nothing. */
export function revisedPart(part: RequestPart): RequestPart {
  const revised = part.openAnswer?.revise() ?? null;
  if (revised === null) return part;
  const { cause, outcome, refusal } = revised;
  return { ...part, cause, outcome, refusals: refusal === null ? [] : [refusal], openAnswer: null };
}

/** What the part says of its parent, and what others have said of it since. */
export function descentOf({ isEntry, isLocalChild, parentKey }: RequestPart): Descent {
  return parentKey === NO_SPAN ? { isEntry: true, isLocalChild: false } : { isEntry, isLocalChild };
}
