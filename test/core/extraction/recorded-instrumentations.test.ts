/** Requests as real programs sent them, against what is true of each: see `test/fixtures/instrumentations/`. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { fingerprintClientText, UNKNOWN_CLIENT } from "../../../src/core/extraction/client-fingerprint.ts";
import type { ExportRequest, RecordedRequest, Recording } from "../../support/recorded-instrumentations.ts";
import { oneByOne, readRecordings, reversed } from "../../support/recorded-instrumentations.ts";
import type { CountedRequest } from "./recorded-world.ts";
import { RecordedWorld } from "./recorded-world.ts";
import { CLIENT_KEY } from "./span-requests.ts";

type Field = "counted" | "endpoint" | "outcome" | "cause" | "client" | "calls";

const ORDERS: Readonly<Record<string, (exports: readonly ExportRequest[]) => readonly ExportRequest[]>> = {
  "as they came": (exports) => exports,
  "the last first": reversed,
  "one span at a time": oneByOne,
};

const judged = new Map<Field, { right: number; wrong: number }>();

for (const recording of readRecordings()) {
  describe(`${recording.name}: ${recording.sender}`, () => {
    for (const [order, arrange] of Object.entries(ORDERS)) {
      test(`is read as what it is, ${order}`, () => {
        assert.deepEqual(mistakesIn(recording, arrange), []);
      });
    }
  });
}

after(() => {
  for (const [field, { right, wrong }] of judged) console.log(`${field}: ${right} of ${right + wrong} right`);
});

function mistakesIn({ exports, requests }: Recording, arrange: (typeof ORDERS)[string]): readonly string[] {
  const world = new RecordedWorld();
  for (const request of arrange(exports)) world.receive(request);
  const counted = byTrace(world.counted.requests);
  const calls = byTrace(world.counted.calls);
  return requests.flatMap((request) => [
    ...mistakesAbout(request, (counted.get(request.traceId) ?? []).filter(isOf(request))),
    ...mistakesAboutCalls(request, calls.get(request.traceId) ?? []),
  ]);
}

function mistakesAbout(request: RecordedRequest, counted: readonly CountedRequest[]): readonly string[] {
  if (request.isUnseen === true) return note(request, "counted", counted.length, 0);
  const [found] = counted;
  if (found === undefined || counted.length > 1) return note(request, "counted", counted.length, 1);
  const { client, endpoint, endpointAtFirst, outcome } = request;
  const isEarlyClient = request.clientAtFirst === null && found.client === UNKNOWN_CLIENT;
  return [
    ...note(request, "counted", 1, 1),
    ...note(request, "endpoint", found.endpoint, found.endpoint === endpointAtFirst ? endpointAtFirst : endpoint),
    ...note(request, "outcome", found.outcome, outcome),
    ...note(request, "cause", found.cause, isAllowed(found.cause, request) ? found.cause : request.cause),
    ...note(request, "client", found.client, isEarlyClient ? UNKNOWN_CLIENT : fingerprintOf(client)),
  ];
}

/** Where the spans cannot tell, silence is right, and so is a guess that is true. */
function isAllowed(found: string | null, { cause, causeAtFirst, mayBeTakenFor, refusedFor }: RecordedRequest): boolean {
  return cause === null ? found === refusedFor || found === mayBeTakenFor : found === causeAtFirst;
}

function fingerprintOf(client: string | null): number {
  return client === null ? UNKNOWN_CLIENT : fingerprintClientText(CLIENT_KEY, client);
}

function isOf({ service }: RecordedRequest): (counted: CountedRequest) => boolean {
  return (counted) => service === undefined || counted.service === service;
}

function mistakesAboutCalls(request: RecordedRequest, found: readonly CountedRequest[]): readonly string[] {
  const { calls = [] } = request;
  return calls === null ? [] : note(request, "calls", found.map(inWords), calls.map(inWords));
}

function note(request: RecordedRequest, field: Field, found: unknown, expected: unknown): readonly string[] {
  const tally = judged.get(field) ?? { right: 0, wrong: 0 };
  judged.set(field, tally);
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)];
  if (is === should) tally.right += 1;
  else tally.wrong += 1;
  const of = request.service === undefined ? "" : ` of ${request.service}`;
  return is === should ? [] : [`${request.sent}: ${field}${of} is ${is} in place of ${should}`];
}

function inWords({ endpoint, outcome }: Pick<CountedRequest, "endpoint" | "outcome">): string {
  return `${endpoint} ${outcome}`;
}

function byTrace(requests: readonly CountedRequest[]): ReadonlyMap<string, readonly CountedRequest[]> {
  return Map.groupBy(requests, ({ traceId }) => traceId);
}
