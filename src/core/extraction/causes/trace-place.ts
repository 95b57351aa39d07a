/**
 * Where and when something was said within a trace, and what that has to do with a refused request.
 *
 * A span's parent settles it where it is the request itself. Between the two there may be any number of
 * spans that nobody remembers, so otherwise time decides: what happened in the same service and trace
 * while the request was served belongs to it.
 */
import type { LogView } from "../../otlp/log-scanner.ts";
import type { AttributeSlots, SpanView } from "../../otlp/span-view.ts";
import { VALUE_STRING } from "../../otlp/span-view.ts";
import { hashBytes, readFixed32 } from "../../otlp/wire.ts";
import type { UnixMillis } from "../../time.ts";
import { RESOURCE_SLOT } from "../attribute-keys.ts";
import type { TraceKey } from "./trace-memory.ts";
import { traceKeyOf } from "./trace-memory.ts";

/** The lower 53 bits of a span id: as good as the whole within one trace, and one number. */
export type SpanKey = number;

export const NO_SPAN: SpanKey = 0;

export type TracePlace = {
  readonly trace: TraceKey;
  readonly span: SpanKey;
  /** NO_SPAN where there is none, or nobody knows. */
  readonly parent: SpanKey;
  /** Tells services apart: a hash of the name. */
  readonly service: number;
  /** 0 where the sender does not say. */
  readonly startedAt: UnixMillis;
  readonly endedAt: UnixMillis;
};

/** Said by the span itself or a log record of it, by a span directly within, by anything further in. */
export const CLOSENESS = { own: 0, child: 1, within: 2, apart: 3 } as const;

/** Spans of one process share a clock, whose steps and roundings are small. */
const SAME_CLOCK_SLACK_MS = 5;
/** Machines that keep network time differ by less. */
const OTHER_CLOCK_SLACK_MS = 250;

const LOWER_HIGH_BITS = 0x1f_ffff;
const TWO_POW_32 = 2 ** 32;

export function placeOfSpan(view: SpanView, seed: number): TracePlace {
  const { bytes, parentSpanIdStart: parent } = view;
  return {
    trace: traceKeyOf(bytes, view.traceIdStart, seed),
    span: spanKeyOf(bytes, view.spanIdStart),
    parent: parent === -1 ? NO_SPAN : spanKeyOf(bytes, parent),
    service: serviceMark(view.resource, bytes, RESOURCE_SLOT.serviceName),
    startedAt: view.startTimeUnixMillis,
    endedAt: view.endTimeUnixMillis,
  };
}

/** A record happened in its span; nobody knows which span that one is within. */
export function placeOfLog(view: LogView, serviceNameSlot: number, seed: number): TracePlace {
  const { bytes, resource, timeUnixMillis } = view;
  return {
    trace: traceKeyOf(bytes, view.traceIdStart, seed),
    span: spanKeyOf(bytes, view.spanIdStart),
    parent: NO_SPAN,
    service: serviceMark(resource, bytes, serviceNameSlot),
    startedAt: timeUnixMillis,
    endedAt: timeUnixMillis,
  };
}

/** 0 for a resource without a name. */
export function serviceMark({ end, kind, start }: AttributeSlots, bytes: Uint8Array, slot: number): number {
  return kind[slot] === VALUE_STRING ? hashBytes(bytes, start[slot] ?? 0, end[slot] ?? 0, 0) : 0;
}

/** The 8 bytes must be there. Ids are in network order: the last bytes are the ones that a counter moves. */
export function spanKeyOf(bytes: Uint8Array, start: number): SpanKey {
  const high = swapped(readFixed32(bytes, start));
  const low = swapped(readFixed32(bytes, start + 4));
  return (high & LOWER_HIGH_BITS) * TWO_POW_32 + low;
}

export function closenessOf(said: TracePlace, refused: TracePlace): number {
  if (said.span === refused.span) return CLOSENESS.own;
  if (said.parent === refused.span) return CLOSENESS.child;
  const isWithin = said.service === refused.service && happenedDuring(said, refused, SAME_CLOCK_SLACK_MS);
  return isWithin ? CLOSENESS.within : CLOSENESS.apart;
}

/** Whether a request of another service was served, and ended, while the outer one waited for it. */
export function isUpstreamOf(inner: TracePlace, outer: TracePlace): boolean {
  if (inner.service === outer.service) return false;
  if (inner.parent === outer.span) return true;
  // A server may end its span when its caller has long read the answer: then it is longer than what it is within.
  const isWithinRoot = outer.parent === NO_SPAN && inner.parent !== NO_SPAN;
  // Within the slack either could be the inner one.
  const isShorter = inner.endedAt - inner.startedAt <= outer.endedAt - outer.startedAt;
  return (isWithinRoot || isShorter) && happenedDuring(inner, outer, OTHER_CLOCK_SLACK_MS);
}

function happenedDuring(inner: TracePlace, outer: TracePlace, slackMs: number): boolean {
  if (inner.startedAt === 0 || outer.startedAt === 0) return true;
  return inner.startedAt >= outer.startedAt - slackMs && inner.endedAt <= outer.endedAt + slackMs;
}

function swapped(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | ((word >>> 24) & 0xff)) >>> 0;
}
