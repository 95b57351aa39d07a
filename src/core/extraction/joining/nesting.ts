/**
 * What is known of how the spans of a service lie within each other.
 *
 * It decides who has to wait for whom, and so it must neither make every request of an ordinary
 * service wait nor let a service that nests be counted twice. It is learned from the spans themselves
 * and forgotten when nothing has confirmed it for an hour.
 */
import type { UnixMillis } from "../../time.ts";
import { HOUR_MS, MINUTE_MS } from "../../time.ts";

export type Nesting = {
  /** As many spans tell about one request; 1 while none has been seen to be part of another. */
  depth: number;
  /** Outer spans arrive in earlier batches than inner ones, so that an outer one has to wait too. */
  isOuterFirst: boolean;
  /** Requests that turned out to be one span, since it was last asked whether the service nests. */
  aloneCount: number;
  askedAt: UnixMillis;
  /** Requests that waited in vain for a parent in the same process. */
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
/** After so many requests of one span, a service is taken for one that does not nest … */
const ALONE_MAX = 32;
/** … until it is asked again: an update of the service may have changed it. */
const ASKED_AGAIN_MS = MINUTE_MS;
/** After so many vain waits, a parent in the same process is taken for some other work. */
const LONELY_MAX = 3;

/** What is known now: `nesting` itself, brought up to date, or a new one. */
export function nestingAt(now: UnixMillis, nesting: Nesting | null): Nesting {
  if (nesting === null || now - nesting.seenAt > REMEMBERED_MS) return newNesting(now);
  if (now - nesting.askedAt > ASKED_AGAIN_MS) {
    nesting.aloneCount = 0;
    nesting.askedAt = now;
  }
  return nesting;
}

function newNesting(now: UnixMillis): Nesting {
  return { depth: 1, isOuterFirst: false, aloneCount: 0, lonelyCount: 0, askedAt: now, seenAt: now };
}

/** Whether the service is one of the many whose requests are one span each. */
export function isFlat({ aloneCount, depth }: Nesting): boolean {
  return depth === 1 && aloneCount >= ALONE_MAX;
}

/** Whether a span that has no relative yet has to wait for the rest of its batch at least. */
export function mayBePart(descent: Descent, nesting: Nesting): boolean {
  return !isFlat(nesting) || waitsForParent(descent, nesting);
}

/** Whether nothing that may come in later batches could change what the parts say together. */
export function isComplete(parts: { readonly count: number; readonly outermost: Descent }, nesting: Nesting): boolean {
  const { count, outermost } = parts;
  if (nesting.depth === 1) return !waitsForParent(outermost, nesting);
  if (count >= Math.min(PARTS_MAX, nesting.depth)) return true;
  return outermost.isEntry && !nesting.isOuterFirst;
}

function waitsForParent({ isLocalChild }: Descent, { lonelyCount }: Nesting): boolean {
  return isLocalChild && lonelyCount < LONELY_MAX;
}
