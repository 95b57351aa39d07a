/** Extraction as a whole over recorded export requests: what is redacted, read, joined and explained, as in the service. */
import assert from "node:assert/strict";
import { extractionKeys } from "../../../src/core/extraction/attribute-keys.ts";
import type { Refusal } from "../../../src/core/extraction/causes/refusal.ts";
import { strongestCause } from "../../../src/core/extraction/causes/refusal.ts";
import { HELD_MS, RequestJoiner } from "../../../src/core/extraction/joining/request-joiner.ts";
import type { Observation } from "../../../src/core/extraction/observation.ts";
import { OutcomeOverrides } from "../../../src/core/extraction/outcome-override.ts";
import { Redactor } from "../../../src/core/extraction/redaction/redactor.ts";
import { DEFAULT_RULES } from "../../../src/core/extraction/redaction/secrets-in-text.ts";
import { mayStandBetween } from "../../../src/core/extraction/span-extractor.ts";
import { encodeMessage } from "../../../src/core/otlp/json-to-protobuf.ts";
import { EXPORT_REQUESTS } from "../../../src/core/otlp/message-tables.ts";
import type { SpanView } from "../../../src/core/otlp/span-view.ts";
import { TraceScanner } from "../../../src/core/otlp/trace-scanner.ts";
import type { ExportRequest } from "../../support/recorded-instrumentations.ts";
import { START_MS } from "./joining/joiner-world.ts";
import { ExtractionWorld } from "./span-requests.ts";

/** A request that was counted, or a call. */
export type CountedRequest = {
  readonly traceId: string;
  readonly service: string;
  readonly endpoint: string;
  readonly outcome: string;
  readonly client: number;
  /** As it is known once everything has come. */
  readonly cause: string | null;
};

type Counted = Omit<CountedRequest, "cause"> & Pick<Observation, "cause" | "refusals">;

/** As docs/causes.md has it for GraphQL. */
const OUTCOMES = new OutcomeOverrides([
  {
    appliesTo: () => true,
    attribute: {
      key: "graphql.error.code",
      values: [
        { accepts: (text) => text === "UNAUTHENTICATED", outcome: "unauthenticated" },
        { accepts: (text) => text === "FORBIDDEN", outcome: "forbidden" },
      ],
    },
    httpStatus: new Map(),
    grpcStatus: new Map(),
  },
]);

export class RecordedWorld {
  readonly #extraction = new ExtractionWorld({ outcomes: OUTCOMES });
  readonly #scanner = new TraceScanner(extractionKeys(OUTCOMES.attributeKeys));
  readonly #redactor = new Redactor(DEFAULT_RULES);
  readonly #requests = new RequestJoiner(7);
  readonly #calls = new RequestJoiner(7);
  readonly #counted: Counted[] = [];
  readonly #countedCalls: Counted[] = [];
  #now = START_MS;

  receive(request: ExportRequest): void {
    const encoded = encodeMessage(EXPORT_REQUESTS.traces, request);
    assert(encoded.kind === "ok");
    this.receiveBytes(encoded.bytes);
  }

  receiveBytes(bytes: Uint8Array): void {
    assert.equal(this.#scanner.scan(this.#redactor.redact("traces", bytes), this).kind, "scanned");
    for (const { counted } of this.#requests.settle(this.#now)) this.#count(counted);
    for (const { counted } of this.#calls.settle(this.#now)) this.#count(counted, this.#countedCalls);
    this.#now += 1;
  }

  /** What was counted, after waiting for all that is still open. */
  get counted(): { readonly requests: readonly CountedRequest[]; readonly calls: readonly CountedRequest[] } {
    this.#now += HELD_MS;
    for (const observation of this.#requests.release(this.#now)) this.#count(observation);
    for (const observation of this.#calls.release(this.#now)) this.#count(observation, this.#countedCalls);
    return { requests: this.#counted.map(inTheEnd), calls: this.#countedCalls.map(inTheEnd) };
  }

  /** The scanner's door. */
  span(view: SpanView): void {
    const { extractor } = this.#extraction;
    const observation = extractor.extract(view);
    if (observation !== null) {
      this.#count(this.#requests.admit(observation, this.#now));
      return;
    }
    if (mayStandBetween(view)) this.#requests.passBetween(view, extractor.scopeOf(view), this.#now);
    else this.#count(admitted(this.#calls, extractor.extractCall(view), this.#now), this.#countedCalls);
  }

  invalidSpan(): void {
    throw new Error("an instrumentation sent an invalid span");
  }

  /** An observation moves on to the next span, so what is asked later is read now. */
  #count(observation: Observation | null, into = this.#counted): void {
    if (observation === null) return;
    const { cause, client, endpoint, outcome, refusals = [] } = observation;
    const { name, service } = endpoint;
    into.push({ traceId: observation.traceId(), service, endpoint: name, outcome, client, cause, refusals });
  }
}

function admitted(joiner: RequestJoiner, call: Parameters<RequestJoiner["admit"]>[0] | null, now: number) {
  return call === null ? null : joiner.admit(call, now);
}

function inTheEnd({ cause, refusals = NO_REFUSALS, ...rest }: Counted): CountedRequest {
  return { ...rest, cause: (strongestCause(refusals) ?? cause)?.name ?? null };
}

const NO_REFUSALS: readonly Refusal[] = [];
