import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { suspicionOf } from "../../../../src/core/alerts/advice.ts";
import type { EpisodeFacts, PatternName } from "../../../../src/core/alerts/patterns/pattern.ts";
import { PATTERNS, patternOf } from "../../../../src/core/alerts/patterns/pattern.ts";
import { patternAdvice } from "../../../../src/core/alerts/patterns/pattern-advice.ts";
import { CAUSES } from "../../../../src/core/extraction/causes/cause.ts";
import { HOUR_MS, MINUTE_MS } from "../../../../src/core/time.ts";
import { fc } from "../../../support/properties.ts";

const NOTHING_KNOWN: EpisodeFacts = {
  isTakeover: false,
  isAuthenticationRoute: true,
  isProgramRoute: false,
  scannerShare: 0,
  failures: 100,
  lastedMs: 2 * MINUTE_MS,
  clients: 0,
  busiestClientShare: 0,
  newClientShare: null,
  users: null,
  agents: null,
  newVersionShare: 0,
  gapVariation: null,
  successesKept: null,
  causes: [],
};

const ONE_SOURCE = { clients: 1, busiestClientShare: 1, newClientShare: 1, successesKept: 1 };
const BOTS = { clients: 90, busiestClientShare: 0.02, newClientShare: 1, successesKept: 1 };
const OUR_CLIENTS = { clients: 60, busiestClientShare: 0.05, newClientShare: 0.05, successesKept: 0.1 };
const ONE_OF_OURS = { clients: 1, busiestClientShare: 1, newClientShare: 0, successesKept: 1 };

function because(cause: string) {
  return { causes: [{ cause, confidence: "high" as const, failures: 100 }] };
}

function read(facts: Partial<EpisodeFacts>): PatternName | null {
  return patternOf({ ...NOTHING_KNOWN, ...facts })?.name ?? null;
}

describe("attacks", () => {
  test("one source at one account is brute force, with its own pace or without", () => {
    assert.equal(read({ ...ONE_SOURCE, users: 1 }), "brute_force");
    assert.equal(read({ ...ONE_SOURCE, users: 1, gapVariation: 0.05 }), "brute_force");
    assert.equal(read(ONE_SOURCE), "brute_force");
    assert.equal(read({ ...ONE_SOURCE, isProgramRoute: true }), null);
  });

  test("many sources at one account are distributed brute force", () => {
    assert.equal(read({ ...BOTS, users: 1 }), "distributed_brute_force");
    assert.equal(read({ ...ONE_SOURCE, users: 2, clients: 12, busiestClientShare: 0.9 }), "brute_force");
  });

  test("one source with a list of accounts is credential stuffing", () => {
    assert.equal(read({ ...ONE_SOURCE, users: 95 }), "credential_stuffing");
  });

  test("people behind one address that has always succeeded are not", () => {
    assert.equal(read({ ...ONE_OF_OURS, users: 95 }), null);
  });

  test("a few passwords on each of many accounts are spraying", () => {
    assert.equal(read({ ...ONE_SOURCE, users: 25 }), "password_spraying");
    assert.equal(read({ ...ONE_SOURCE, users: 95, lastedMs: 20 * MINUTE_MS }), "password_spraying");
  });

  test("many strangers with an attempt or two each are distributed stuffing, and low and slow after an hour", () => {
    assert.equal(read(BOTS), "distributed_credential_stuffing");
    assert.equal(read({ ...BOTS, lastedMs: 2 * HOUR_MS }), "low_and_slow");
    assert.equal(patternOf({ ...NOTHING_KNOWN, ...BOTS })?.confidence, "medium");
    assert.equal(patternOf({ ...NOTHING_KNOWN, ...BOTS, agents: 1 })?.confidence, "high");
  });

  test("many strangers are no attack while nobody gets in, nor when it is not known that they are strangers", () => {
    assert.equal(read({ ...BOTS, successesKept: 0 }), null);
    assert.equal(read({ ...BOTS, newClientShare: null }), null);
  });

  test("one source among people who mistype is no crowd", () => {
    assert.equal(read({ ...BOTS, busiestClientShare: 0.25 }), null);
  });

  test("a stranger with many invalid tokens is guessing, with many keys enumerating", () => {
    assert.equal(read({ ...ONE_SOURCE, isAuthenticationRoute: false, ...because("malformed") }), "token_guessing");
    const keys = { ...ONE_SOURCE, isAuthenticationRoute: false, ...because("invalid_api_key") };
    assert.equal(read(keys), "api_key_enumeration");
  });

  test("forged tokens at a steady pace are still guessing", () => {
    const facts = { ...ONE_SOURCE, isAuthenticationRoute: false, gapVariation: 0.01, ...because("bad_signature") };
    assert.equal(read(facts), "token_guessing");
  });
});

describe("scans", () => {
  const scan = { ...ONE_SOURCE, isAuthenticationRoute: false, scannerShare: 0.95 };

  test("a stranger that tries many endpoints is a scanner, whatever its pace", () => {
    assert.equal(read(scan), "scanner");
    assert.equal(read({ ...scan, gapVariation: 0.01 }), "scanner");
    assert.equal(patternOf({ ...NOTHING_KNOWN, ...scan, newClientShare: null })?.confidence, "medium");
  });

  test("whoever has been welcome here is none, nor a crowd, nor whoever stays with the sign-in", () => {
    assert.equal(read({ ...scan, newClientShare: 0 }), null);
    assert.equal(read({ ...scan, ...BOTS }), null);
    assert.equal(read({ ...scan, isAuthenticationRoute: true }), "brute_force");
    assert.equal(read({ ...scan, isAuthenticationRoute: true, failures: 12 }), "scanner");
  });
});

describe("faults of our own", () => {
  test("a known client that keeps time is in a loop", () => {
    assert.equal(read({ ...ONE_OF_OURS, isAuthenticationRoute: false, gapVariation: 0.05 }), "retry_loop");
    assert.equal(read({ ...ONE_OF_OURS, gapVariation: 0.05, ...because("invalid_grant") }), "refresh_loop");
  });

  test("a client that fails at random moments is not in a loop", () => {
    assert.equal(read({ ...ONE_OF_OURS, isAuthenticationRoute: false, gapVariation: 0.9 }), null);
  });

  test("keys that fail for known clients were rotated, for strangers they were forged", () => {
    const facts = { isAuthenticationRoute: false, ...because("unknown_key") };
    assert.equal(read({ ...OUR_CLIENTS, ...facts }), "key_rotation");
    assert.equal(read({ ...ONE_SOURCE, ...facts }), "token_guessing");
  });

  test("what the cause leaves no doubt about needs no clients", () => {
    assert.equal(read(because("idp_unavailable")), "idp_outage");
    assert.equal(read(because("clock_skew")), "clock_skew");
  });

  test("known clients that fail under a new version point to the deploy", () => {
    assert.equal(read({ ...OUR_CLIENTS, newVersionShare: 1 }), "deploy");
    assert.equal(read({ ...OUR_CLIENTS, newVersionShare: 0 }), null);
  });

  test("an attack that goes on across a release is not blamed on it", () => {
    assert.equal(read({ ...BOTS, newVersionShare: 1 }), "distributed_credential_stuffing");
  });

  test("expired tokens of many known clients are a wave", () => {
    assert.equal(read({ ...OUR_CLIENTS, isAuthenticationRoute: false, ...because("expired") }), "expiry_wave");
  });
});

test("a stranger that has got in comes before all else", () => {
  assert.equal(read({ ...ONE_SOURCE, users: 95, isTakeover: true }), "account_takeover");
});

test("nothing is said of a handful of failures, nor on guesses", () => {
  assert.equal(read({ ...BOTS, failures: 9 }), null);
  const causes = [{ cause: "clock_skew", confidence: "low" as const, failures: 100 }];
  assert.equal(read({ causes }), null);
});

test("every pattern has advice for both people and takes a side", () => {
  for (const pattern of PATTERNS) {
    assert.ok(patternAdvice(pattern) !== null, pattern);
    assert.notEqual(suspicionOf({ pattern, causes: [] }), "unclear", pattern);
  }
  assert.equal(patternAdvice("constructor"), null);
});

const share = fc.double({ min: 0, max: 1, noNaN: true });
const orUnknown = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null });
const anyFacts: fc.Arbitrary<EpisodeFacts> = fc.record({
  isTakeover: fc.constant(false),
  isAuthenticationRoute: fc.boolean(),
  isProgramRoute: fc.boolean(),
  scannerShare: share,
  failures: fc.integer({ min: 0, max: 100_000 }),
  lastedMs: fc.integer({ min: 0, max: 24 * HOUR_MS }),
  clients: fc.double({ min: 0, max: 10_000, noNaN: true }),
  busiestClientShare: share,
  newClientShare: orUnknown(share),
  users: orUnknown(fc.double({ min: 0, max: 10_000, noNaN: true })),
  agents: orUnknown(fc.double({ min: 0, max: 100, noNaN: true })),
  newVersionShare: share,
  gapVariation: orUnknown(fc.double({ min: 0, max: 5, noNaN: true })),
  successesKept: orUnknown(fc.double({ min: 0, max: 3, noNaN: true })),
  causes: fc.constantFrom(...CAUSES).map((cause) => because(cause).causes),
});

test("clients that always succeeded are never accused", () => {
  fc.assert(
    fc.property(anyFacts, share, (facts, newClientShare) => {
      const known = { ...facts, newClientShare: newClientShare * 0.3 };
      const pattern = patternOf(known)?.name ?? null;
      assert.ok(pattern === null || suspicionOf({ pattern, causes: [] }) === "own-fault", pattern ?? "");
    }),
  );
});

test("crowds are never accused while nobody gets in", () => {
  fc.assert(
    fc.property(anyFacts, share, (facts, kept) => {
      const users = facts.users === null ? null : 8 + facts.users;
      const crowd = {
        ...facts,
        users,
        busiestClientShare: 0.1,
        clients: 20 + facts.clients,
        successesKept: kept / 2.1,
      };
      const pattern = patternOf({ ...crowd, failures: 20 })?.name ?? null;
      assert.ok(pattern === null || suspicionOf({ pattern, causes: [] }) === "own-fault", pattern ?? "");
    }),
  );
});
