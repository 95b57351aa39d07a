/**
 * What happens to requests on their way to us: streams come together, arrive late and out of order, are
 * sampled, doubled, held back. Each step takes a stream in order of arrival and gives one.
 */
import type { UnixMillis } from "../../../src/core/time.ts";
import type { Random } from "../../support/random.ts";
import type { BenchRequest } from "./request.ts";
import type { Span } from "./shapes.ts";
import { TimeQueue } from "./time-queue.ts";

export type Stream = Iterable<BenchRequest>;
/** Draws its chance anew each time a stream is made, so that a scenario can be played twice. */
export type Delivery = (stream: Stream, random: Random) => Stream;

/** One stream of many, in order of arrival. */
export function* merge(streams: readonly Stream[]): Generator<BenchRequest> {
  type Head = { readonly request: BenchRequest; readonly rest: Iterator<BenchRequest> };
  const heads = new TimeQueue<Head>();
  const advance = (rest: Iterator<BenchRequest>) => {
    const next = rest.next();
    if (next.done !== true) heads.push(next.value.arrived, { request: next.value, rest });
  };
  for (const stream of streams) advance(stream[Symbol.iterator]());
  for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
    yield head.request;
    advance(head.rest);
  }
}

/** Each request is up to so late, most of them far less; so they overtake one another. */
export function late(delayMaxMs: number): Delivery {
  return (stream, random) =>
    held(stream, ({ arrived }) => arrived + Math.min(delayMaxMs, random.exponential(delayMaxMs / 5)));
}

/** Nothing arrives within the span; all of it arrives at its end. */
export function backlog({ from, to }: Span): Delivery {
  return (stream) => held(stream, ({ arrived }) => (arrived >= from && arrived < to ? to : arrived));
}

/** One replica in so many has a clock that is off. What it says of time is wrong; the arrival is not. */
export function wrongClock(share: number, offsetMs: number): Delivery {
  return function* (stream, random) {
    for (const request of stream) {
      yield random.chance(share) ? { ...request, time: request.time + offsetMs } : request;
    }
  };
}

/** Keeps a share of the requests from a moment on, and says so in their weight. */
export function sampled(shareAt: (time: UnixMillis) => number): Delivery {
  return function* (stream, random) {
    for (const request of stream) {
      const share = shareAt(request.arrived);
      if (share >= 1) yield request;
      else if (random.chance(share)) yield { ...request, weight: request.weight / share };
    }
  };
}

/** Keeps every error and a share of the rest. */
export function tailSampled(share: number, since: UnixMillis): Delivery {
  return function* (stream, random) {
    for (const request of stream) {
      if (request.status >= 400 || request.arrived < since) yield request;
      else if (random.chance(share)) yield { ...request, weight: request.weight / share };
    }
  };
}

/** A sender whose acknowledgements get lost sends again. */
export function doubled(share: number, { from, to }: Span): Delivery {
  return function* (stream, random) {
    for (const request of stream) {
      yield request;
      if (request.arrived >= from && request.arrived < to && random.chance(share)) yield request;
    }
  };
}

export function withoutClients(): Delivery {
  return function* (stream) {
    for (const request of stream) yield { ...request, client: null };
  };
}

/** All that comes has passed one gateway, which says nothing of whom it came from. */
export function behindOneAddress(): Delivery {
  return function* (stream) {
    for (const request of stream) yield { ...request, client: "10.0.0.1" };
  };
}

function* held(stream: Stream, arrivalOf: (request: BenchRequest) => UnixMillis): Generator<BenchRequest> {
  const underWay = new TimeQueue<BenchRequest>();
  for (const request of stream) {
    yield* takeUntil(underWay, request.arrived);
    const arrived = arrivalOf(request);
    underWay.push(arrived, { ...request, arrived });
  }
  yield* takeUntil(underWay, Number.POSITIVE_INFINITY);
}

function* takeUntil(underWay: TimeQueue<BenchRequest>, moment: UnixMillis): Generator<BenchRequest> {
  while (underWay.nextAt <= moment) {
    const request = underWay.pop();
    if (request === undefined) return;
    yield request;
  }
}
