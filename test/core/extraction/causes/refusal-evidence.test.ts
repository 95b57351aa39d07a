/**
 * Statements and refusals of one trace, in any order.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CauseName, Statement } from "../../../../src/core/extraction/causes/cause.ts";
import { CAUSES, ROW } from "../../../../src/core/extraction/causes/cause.ts";
import type { Refusal } from "../../../../src/core/extraction/causes/refusal.ts";
import { RefusalEvidence } from "../../../../src/core/extraction/causes/refusal-evidence.ts";
import type { TracePlace } from "../../../../src/core/extraction/causes/trace-place.ts";
import { fc } from "../../../support/properties.ts";

const SHOP = 1;
const GATEWAY = 2;
const REQUEST: TracePlace = { trace: 2 ** 32 + 7, span: 10, parent: 0, service: SHOP, startedAt: 1000, endedAt: 1100 };

function says(name: CauseName, row: number = ROW.text): Statement {
  return { name, row, confidence: "medium", source: "exception.message" };
}

function nameOf({ cause }: Refusal): string | null {
  return cause === null ? null : cause.name;
}

function at(place: Partial<TracePlace>): TracePlace {
  return { ...REQUEST, span: 99, parent: 98, startedAt: 1010, endedAt: 1020, ...place };
}

test("what was said before a refusal and what is said after it count alike", () => {
  const evidence = new RefusalEvidence(7);
  evidence.testify(at({ parent: REQUEST.span }), says("expired"));
  assert.equal(evidence.refuse(REQUEST, null).cause?.name, "expired");
  const later = new RefusalEvidence(7);
  const refusal = later.refuse(REQUEST, null);
  assert.equal(nameOf(refusal), null);
  later.testify(at({ parent: REQUEST.span }), says("expired"));
  assert.equal(nameOf(refusal), "expired");
});

test("what happened elsewhere, or at another time, says nothing about a request", () => {
  const evidence = new RefusalEvidence(7);
  evidence.testify(at({ trace: REQUEST.trace + 1, parent: REQUEST.span }), says("expired"));
  evidence.testify(at({ service: GATEWAY }), says("expired"));
  evidence.testify(at({ startedAt: 1500, endedAt: 1600 }), says("expired"));
  assert.equal(evidence.refuse(REQUEST, null).cause, null);
  evidence.testify(at({}), says("malformed"));
  assert.equal(evidence.refuse(REQUEST, null).cause?.name, "malformed");
});

test("a log record of the span itself counts whoever sent it, and without a time", () => {
  const evidence = new RefusalEvidence(7);
  evidence.testify(at({ span: REQUEST.span, parent: 0, service: 0, startedAt: 0, endedAt: 0 }), says("expired"));
  assert.equal(evidence.refuse(REQUEST, null).cause?.name, "expired");
});

test("what a request shows takes the place of what is said about absent credentials, and of nothing else", () => {
  const shown = says("preflight", ROW.preflight);
  const evidence = new RefusalEvidence(7);
  const refusal = evidence.refuse(REQUEST, shown, shown);
  evidence.testify(at({}), says("no_credentials"));
  assert.equal(nameOf(refusal), "preflight");
  evidence.testify(at({}), says("expired", ROW.exceptionType));
  assert.equal(nameOf(refusal), "expired");
});

test("the stronger row wins, and of equal rows the closer teller", () => {
  const evidence = new RefusalEvidence(7);
  const refusal = evidence.refuse(REQUEST, says("bad_password", ROW.signIn));
  evidence.testify(at({}), says("malformed"));
  assert.equal(nameOf(refusal), "malformed");
  evidence.testify(at({ parent: REQUEST.span }), says("wrong_issuer"));
  assert.equal(nameOf(refusal), "wrong_issuer");
  evidence.testify(at({}), says("expired", ROW.exceptionType));
  assert.equal(nameOf(refusal), "expired");
  evidence.testify(at({}), says("clock_skew", ROW.tokenTimes));
  assert.equal(nameOf(refusal), "expired");
});

test("a gateway learns why the service behind it refused, whichever is told of first", () => {
  for (const order of ["inner first", "outer first"]) {
    const evidence = new RefusalEvidence(7);
    const outer = at({ span: 1, parent: 0, service: GATEWAY, startedAt: 990, endedAt: 1110 });
    const [first, second] = order === "inner first" ? [REQUEST, outer] : [outer, REQUEST];
    const refusals = [evidence.refuse(first, null), evidence.refuse(second, null)];
    evidence.testify(at({ parent: REQUEST.span }), says("expired", ROW.exceptionType));
    const causes = refusals.map(({ cause }) => cause?.name);
    assert.deepEqual(causes, ["expired", "expired"], order);
    const gateway = refusals.find(({ place }) => place.service === GATEWAY);
    assert.deepEqual([gateway?.cause?.confidence, gateway?.cause?.source], ["medium", "a service further in"]);
  }
});

test("a gateway learns it of a service whose span is the longer one, as it may be where both are short", () => {
  const slow = { ...REQUEST, parent: 2, startedAt: 1001, endedAt: 1004 };
  const outerSpans = { "the root": { span: 1, parent: 0 }, "its call": { span: 2, parent: 1 } };
  for (const [outer, ids] of Object.entries(outerSpans)) {
    const evidence = new RefusalEvidence(7);
    const gateway = evidence.refuse(at({ ...ids, service: GATEWAY, startedAt: 1000, endedAt: 1002 }), null);
    evidence.refuse(slow, says("expired"));
    assert.equal(nameOf(gateway), "expired", outer);
  }
});

test("a guess about one service explains no other, but one about an inner span of the same", () => {
  const evidence = new RefusalEvidence(7);
  const gateway = evidence.refuse(at({ span: 1, service: GATEWAY, startedAt: 990, endedAt: 1110 }), null);
  const outer = evidence.refuse(REQUEST, null);
  evidence.refuse(at({ span: 2, parent: REQUEST.span }), says("bad_password", ROW.signIn));
  assert.equal(outer.cause?.name, "bad_password");
  assert.equal(gateway.cause, null);
});

test("whoever follows a refusal is told of each change once", () => {
  const evidence = new RefusalEvidence(7);
  const refusal = evidence.refuse(REQUEST, null);
  const told: (string | null)[] = [];
  refusal.follower = { causeRefined: () => told.push(nameOf(refusal)) };
  evidence.testify(at({}), says("malformed"));
  evidence.testify(at({}), says("malformed"));
  evidence.testify(at({}), says("expired", ROW.exceptionType));
  assert.deepEqual(told, ["malformed", "expired"]);
});

test("the answer given within a request is found at the request", () => {
  const evidence = new RefusalEvidence(7);
  evidence.answer(at({}), "forbidden");
  assert.equal(evidence.answerAt(REQUEST), "forbidden");
  evidence.answer(at({}), "unauthenticated");
  assert.equal(evidence.answerAt(REQUEST), "unauthenticated");
  assert.equal(evidence.answerAt({ ...REQUEST, trace: 3 }), null);
  evidence.hold(at({}), "graphql.error.code", ["FORBIDDEN"]);
  assert.deepEqual(evidence.textsAt(REQUEST, "graphql.error.code"), ["FORBIDDEN"]);
  assert.deepEqual(evidence.textsAt(REQUEST, "other"), []);
});

type Step =
  | {
      readonly kind: "refuse";
      readonly place: TracePlace;
      readonly own: Statement | null;
      readonly shown: Statement | null;
    }
  | { readonly kind: "testify"; readonly place: TracePlace; readonly statement: Statement };

const statement = fc.record({
  name: fc.constantFrom(...CAUSES),
  row: fc.integer({ min: 1, max: 16 }),
  confidence: fc.constant("medium" as const),
  source: fc.constant("exception.message"),
});

/** Spans 1 to 6 of two services in one trace: whoever is asked for the same span gets the same place. */
const place = fc.integer({ min: 1, max: 6 }).map((span): TracePlace => {
  const startedAt = 1000 + 40 * (span % 3);
  const times = { startedAt, endedAt: startedAt + 400 - 60 * span };
  return { trace: 2 ** 32 + 7, span, parent: Math.floor(span / 2), service: span % 2, ...times };
});

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("refuse" as const), place, own: fc.option(statement), shown: fc.option(statement) }),
  fc.record({ kind: fc.constant("testify" as const), place, statement }),
);

/** The cause of each refused span in the end. */
function causesAfter(steps: readonly Step[]): Readonly<Record<string, string | null>> {
  const evidence = new RefusalEvidence(7);
  const refusals = new Map<number, Refusal>();
  for (const taken of steps) {
    if (taken.kind === "refuse") refusals.set(taken.place.span, evidence.refuse(taken.place, taken.own, taken.shown));
    else evidence.testify(taken.place, taken.statement);
  }
  const spans = [...refusals].sort(([left], [right]) => left - right);
  return Object.fromEntries(spans.map(([span, { cause }]) => [span, cause?.name ?? null]));
}

test("the cause in the end does not depend on the order in which anything comes", () => {
  const shuffled = fc
    .array(step, { minLength: 1, maxLength: 7 })
    .chain((steps) => fc.tuple(fc.constant(steps), fc.shuffledSubarray(steps, { minLength: steps.length })));
  fc.assert(
    fc.property(shuffled, ([steps, reordered]) => assert.deepEqual(causesAfter(reordered), causesAfter(steps))),
    { numRuns: 500 },
  );
});
