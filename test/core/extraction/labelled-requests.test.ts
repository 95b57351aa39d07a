/** How often requests of many kinds of senders are read as what they are: see `test/fixtures/labelled/`. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fingerprintClientText, UNKNOWN_CLIENT } from "../../../src/core/extraction/client-fingerprint.ts";
import type { Half, LabelledRequest } from "../../support/labelled-requests.ts";
import { readLabelledRequests } from "../../support/labelled-requests.ts";
import { id, START_MS } from "./joining/joiner-world.ts";
import type { CountedRequest } from "./recorded-world.ts";
import { RecordedWorld } from "./recorded-world.ts";
import type { SpanSketch } from "./span-requests.ts";
import { CLIENT_KEY, traceRequest } from "./span-requests.ts";

type Field = "counted" | "endpoint" | "outcome" | "method" | "client" | "cause";
type Verdict = { readonly field: Field; readonly found: unknown; readonly expected: unknown };
/** What is said of a request, without the ids that differ from service to service. */
type Answer = Pick<CountedRequest, "cause" | "client" | "endpoint" | "outcome">;
type Batches = ReadonlyArray<readonly SpanSketch[]>;

/** The least share that has to be right. Of causes those count that the spans tell. */
const GOALS: Readonly<Record<Field, number>> = {
  counted: 0.98,
  endpoint: 0.98,
  outcome: 0.98,
  method: 0.95,
  client: 0.95,
  cause: 0.8,
};

/** How the spans of a request may come, the outermost of which is the first. */
const ARRIVALS: Readonly<Record<string, Arrange>> = {
  "the last first": (spans) => [spans.toReversed()],
  "every span twice": (spans) => [[...spans, ...spans]],
  "the batch twice": (spans) => [spans, spans],
  "one span at a time, the innermost first": (spans) => spans.toReversed().map((span) => [span]),
};

/** As often as a service has to tear its requests until that is known. */
const TURNS = 3;
/** All orders of four spans, which is as many as a request has here. */
const ORDERS_MAX = 24;
const SPANS_MAX = 8;

const HALVES: readonly Half[] = ["tuning", "held-out"];

for (const half of HALVES) {
  const requests = readLabelledRequests(half);
  const inOneBatch = countedOfEach(requests, (spans) => [spans]);

  describe(`the ${half} half of the labelled requests`, () => {
    test("is read rightly often enough", () => {
      const verdicts = requests.flatMap((request, index) => verdictsOn(request, inOneBatch[index] ?? []));
      for (const [field, all] of Map.groupBy(verdicts, (verdict) => verdict.field)) assertGoal(field, all);
    });

    for (const [arrival, arrange] of Object.entries(ARRIVALS)) {
      test(`is read in the same way with ${arrival}`, () => {
        assert.deepEqual(countedOfEach(requests, arrange), inOneBatch);
      });
    }

    test("is read in the same way in every order within a batch", () => {
      for (let turn = 0; turn < ORDERS_MAX; turn += 1) {
        const inOrder = countedOfEach(requests, (spans) => [permuted(spans, turn)]);
        assert.deepEqual(inOrder, inOneBatch);
      }
    });

    test("keeps its endpoints, methods and clients when outer spans come in earlier batches than inner ones", () => {
      const torn = countedOfEach(requests, (spans) => spans.map((span) => [span]));
      // What inner spans say of the answer comes too late for the outcome there, by design.
      assert.deepEqual(torn.map(withoutAnswers), inOneBatch.map(withoutAnswers));
    });
  });
}

function assertGoal(field: Field, verdicts: readonly Verdict[]): void {
  const wrong = verdicts.filter(({ found, expected }) => found !== expected);
  const share = 1 - wrong.length / verdicts.length;
  assert(share >= GOALS[field], `${field}: ${share} of ${verdicts.length} right; ${JSON.stringify(wrong)}`);
}

function verdictsOn({ cause, client, is }: LabelledRequest, counted: readonly Answer[]): readonly Verdict[] {
  const isCountedRightly: Verdict = { field: "counted", found: counted.length, expected: is === null ? 0 : 1 };
  if (is === null) return [isCountedRightly];
  const [found] = counted;
  const [endpoint, outcome] = cutAtLastBlank(is);
  const expectedClient = client === null ? UNKNOWN_CLIENT : fingerprintClientText(CLIENT_KEY, client);
  return [
    isCountedRightly,
    { field: "endpoint", found: found?.endpoint, expected: endpoint },
    { field: "method", found: methodOf(found?.endpoint), expected: methodOf(endpoint) },
    { field: "outcome", found: found?.outcome, expected: outcome },
    { field: "client", found: found?.client, expected: expectedClient },
    ...(cause === null ? [] : [{ field: "cause", found: found?.cause, expected: cause } as const]),
  ];
}

function cutAtLastBlank(text: string): readonly [string, string] {
  const at = text.lastIndexOf(" ");
  return [text.slice(0, at), text.slice(at + 1)];
}

/** "" of a remote call, whose name has no blank. */
function methodOf(endpoint: string | undefined): string | undefined {
  return endpoint === undefined || endpoint.includes(" ") ? endpoint?.split(" ")[0] : "";
}

type Arrange = (spans: readonly SpanSketch[]) => Batches;

/** What was counted for the last of a few requests of each kind, each kind from a service of its own. */
function countedOfEach(requests: readonly LabelledRequest[], arrange: Arrange): ReadonlyArray<readonly Answer[]> {
  const world = new RecordedWorld();
  for (const [index, { spans }] of requests.entries()) {
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const batch of arrange(sent(spans, index * TURNS + turn, `service ${index}`))) {
        world.receiveBytes(traceRequest(batch));
      }
    }
  }
  const byTrace = Map.groupBy(world.counted.requests, ({ traceId }) => traceId);
  return requests.map((_, index) => (byTrace.get(traceIdOf(index * TURNS + TURNS - 1)) ?? []).map(answerOf));
}

function answerOf({ cause, client, endpoint, outcome }: CountedRequest): Answer {
  return { cause, client, endpoint, outcome };
}

function sent(spans: readonly SpanSketch[], number: number, service: string): readonly SpanSketch[] {
  const spanId = (depth: number) => id(number * SPANS_MAX + depth + 1, 16);
  return spans.map((span, depth) => ({
    ...span,
    resource: { "service.name": service },
    traceId: traceIdOf(number),
    spanId: spanId(depth),
    ...(depth === 0 ? {} : { parentSpanId: spanId(depth - 1) }),
    startMs: START_MS + depth,
    endMs: START_MS + 100 - depth,
  }));
}

function traceIdOf(number: number): string {
  return id(number + 1, 32);
}

function withoutAnswers(counted: readonly Answer[]): readonly object[] {
  return counted.map(({ client, endpoint }) => ({ client, endpoint }));
}

/** Another order for every turn, until all have been. */
function permuted<Item>(items: readonly Item[], turn: number): readonly Item[] {
  if (items.length <= 1) return items;
  const [first, ...others] = items;
  if (first === undefined) return items;
  return permuted(others, Math.floor(turn / items.length)).toSpliced(turn % items.length, 0, first);
}
