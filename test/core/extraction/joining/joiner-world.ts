/** A joiner behind the real extractor, under virtual time, and requests of several spans to send to it. */

import { HELD_MS, RequestJoiner } from "../../../../src/core/extraction/joining/request-joiner.ts";
import type { Observation } from "../../../../src/core/extraction/observation.ts";
import { OutcomeOverrides } from "../../../../src/core/extraction/outcome-override.ts";
import { mayStandBetween } from "../../../../src/core/extraction/span-extractor.ts";
import type { SpanView } from "../../../../src/core/otlp/span-view.ts";
import type { AttributeValue, SpanSketch } from "../span-requests.ts";
import { ExtractionWorld, traceRequest } from "../span-requests.ts";

export const START_MS = 1_700_000_000_000;
export const LOCAL = 0x101;
export const REMOTE = 0x301;

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** What a span was marked with: `counted GET /orders/{} unauthenticated`, `GET /orders/{} ok`. */
type Mark = string;

export class JoinerWorld {
  now = START_MS;
  readonly joiner = new RequestJoiner(7);
  /** By span id, of all batches. */
  readonly marks = new Map<string, Mark>();
  readonly #extraction: ExtractionWorld;
  #ids: string[] = [];
  #counted: Observation[] = [];

  constructor(outcomes: OutcomeOverrides = new OutcomeOverrides()) {
    this.#extraction = new ExtractionWorld({ outcomes, extraKeys: ["tenant", ...outcomes.attributeKeys] });
    this.joiner.attributeKeys = ["tenant"];
    this.joiner.failureAttributeKeys = ["tenant"];
  }

  /** Sends one batch. Returns what is counted at once, as `GET /orders/{} 401 expired`. */
  send(...sketches: readonly SpanSketch[]): readonly string[] {
    return this.countedIn(sketches).map(inWords);
  }

  /** The same as observations; of a single span it is good only until the next. */
  countedIn(sketches: readonly SpanSketch[]): readonly Observation[] {
    const sent = sketches.map(({ spanId = "" }) => spanId);
    this.#ids = [...sent];
    this.#counted = [];
    this.#extraction.scanner.scan(traceRequest(sketches), this);
    for (const { counted, marks } of this.joiner.settle(this.now)) {
      if (counted !== null) this.#counted.push(counted);
      for (const mark of marks) this.#mark(sent[mark.editPlace] ?? "", markOf(mark));
    }
    return this.#counted;
  }

  /** The scanner's door. */
  span(view: SpanView): void {
    const { extractor } = this.#extraction;
    const id = this.#ids.shift() ?? "";
    const observation = extractor.extract(view);
    if (observation === null) {
      if (mayStandBetween(view)) this.joiner.passBetween(view, extractor.scopeOf(view), this.now);
      return;
    }
    const counted = this.joiner.admit(observation, this.now);
    if (counted !== null) this.#counted.push({ ...snapshotOf(counted) });
    const { heldPart } = this.joiner;
    if (heldPart === null) this.#mark(id, markOf(observation));
    else heldPart.editPlace = view.resourceIndex;
  }

  invalidSpan(): void {
    throw new Error("a sketch became an invalid span");
  }

  /** How often some span said that it counts. */
  get countedMarks(): number {
    return [...this.marks.values()].filter((mark) => mark.startsWith("counted")).length;
  }

  /** A span that counts does so once, however often it is sent. */
  #mark(spanId: string, mark: Mark): void {
    if (this.marks.get(spanId)?.startsWith("counted") !== true) this.marks.set(spanId, mark);
  }

  wait(forMs = HELD_MS): readonly string[] {
    this.now += forMs;
    return this.joiner.release(this.now).map(inWords);
  }
}

function markOf(mark: Pick<Observation, "endpoint" | "outcome"> & { readonly isCounted: boolean }): Mark {
  return `${mark.isCounted ? "counted " : ""}${mark.endpoint.name} ${mark.outcome}`;
}

/** A single span's observation moves on to the next span. */
function snapshotOf(observation: Observation): Observation {
  const { cause, client, endedAt, endpoint, grpcStatus, httpStatus, outcome, session, user, weight } = observation;
  return {
    ...{ cause, client, endedAt, endpoint, grpcStatus, httpStatus, outcome, session, user, weight },
    traceId: () => "",
    spanId: () => "",
    attribute: () => undefined,
  };
}

function inWords({ cause, endpoint, httpStatus }: Observation): string {
  return [endpoint.name, httpStatus, ...(cause === null ? [] : [cause.name])].join(" ");
}

export function id(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0");
}

/** A span of a trace: its place in the tree is its number, and how far it lies within follows from that. */
export function span(
  trace: number,
  chain: { at: number; under?: number },
  attributes: Attributes,
  flags?: number,
): SpanSketch {
  return {
    traceId: id(trace, 32),
    spanId: id(trace * 256 + chain.at, 16),
    ...(chain.under === undefined ? {} : { parentSpanId: id(trace * 256 + chain.under, 16) }),
    ...(flags === undefined ? {} : { flags }),
    startMs: START_MS + chain.at,
    endMs: START_MS + 500 - chain.at,
    attributes: { "http.request.method": "GET", ...attributes },
  };
}

/** One that is no request. */
export function between(trace: number, chain: { at: number; under?: number }, flags?: number): SpanSketch {
  return { ...span(trace, chain, {}, flags), kind: "INTERNAL", name: "middleware", attributes: {} };
}
