/**
 * What is known of how the spans of a service lie within each other.
 *
 * It decides who has to wait for whom, and so it must neither make every request of an ordinary
 * service wait nor let a service that nests be counted twice. It is learned from the spans themselves
 * and forgotten when nothing has confirmed it for an hour.
 */
import type { UnixMillis } from "../../time.ts";
import { HOUR_MS } from "../../time.ts";

export type Nesting = {
  /** As many spans tell about one request; 1 while none has been seen to be part of another. */
  depth: number;
  /** Outer spans arrive before inner ones, so that an outer one has to wait too. */
  isOuterFirst: boolean;
  /** Spans that waited in vain while nothing was known to nest. */
  lonelyCount: number;
  seenAt: UnixMillis;
};

/** What a span says of its parent. */
export type Descent = {
  /** There is no parent, or it is known to be in another process. */
  readonly isEntry: boolean;
  /** The parent is known to be in the same process. */
  readonly isLocalChild: boolean;
};

/** Spans of one request that are waited for, and that are overlooked once it is counted. */
export const PARTS_MAX = 8;

const REMEMBERED_MS = HOUR_MS;
/** After so many vain waits, a parent in the same process is taken for some other work. */
const LONELY_MAX = 3;

export function newNesting(now: UnixMillis): Nesting {
  return { depth: 1, isOuterFirst: false, lonelyCount: 0, seenAt: now };
}

export function isForgotten(nesting: Nesting, now: UnixMillis): boolean {
  return now - nesting.seenAt > REMEMBERED_MS;
}

/** Whether a span that has no relative yet may turn out to be one of several of its request. */
export function mayBePart({ isEntry, isLocalChild }: Descent, nesting: Nesting | null): boolean {
  if (nesting === null) return isLocalChild;
  if (nesting.depth === 1) return isLocalChild && nesting.lonelyCount < LONELY_MAX;
  return nesting.isOuterFirst || !isEntry;
}

/** Whether nothing that is still to come could change what the parts say together. */
export function isComplete(
  parts: { readonly count: number; readonly isOutermostEntry: boolean },
  nesting: Nesting,
): boolean {
  if (parts.count >= Math.min(PARTS_MAX, Math.max(2, nesting.depth))) return true;
  return parts.isOutermostEntry && !nesting.isOuterFirst;
}
