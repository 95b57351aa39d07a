import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NotificationText } from "../../../src/core/alerts/alert.ts";
import { callAdvice } from "../../../src/core/alerts/call-advice.ts";
import { NO_CLUES } from "../../../src/core/alerts/evidence.ts";
import type { AlertStep } from "../../../src/core/alerts/lifecycle.ts";
import { endAlert } from "../../../src/core/alerts/lifecycle.ts";
import { notificationText } from "../../../src/core/alerts/notification-text.ts";
import type { Confidence } from "../../../src/core/extraction/causes/cause.ts";
import { CAUSES } from "../../../src/core/extraction/causes/cause.ts";
import type { Rule } from "../../../src/core/rules/rule.ts";
import { alarmingReading, at, firingAlert, LOGIN, rule, template } from "../../support/alert-builders.ts";
import { fc } from "../../support/properties.ts";

function firingText(facts: Partial<AlertStep> = {}, kind: "firing" | "escalated" | "unmuted" = "firing") {
  const alert = firingAlert(facts);
  return notificationText({ kind, at: alert.firedAt, alert }, { rule: facts.rule ?? rule(), now: facts.now ?? at(0) });
}

function resolvedText(reason: "recovered" | "silent" | "rule_removed", known: Rule | null = rule()) {
  const end = { reason, bundle: "b", now: at(720_000) };
  const [transition] = endAlert(firingAlert(), end).transitions;
  assert.ok(transition !== undefined);
  return notificationText(transition, { rule: known, now: end.now });
}

function detail(text: NotificationText, name: string) {
  return text.details[name];
}

describe("a page", () => {
  test("says what happened, since when, how bad and what is usual", () => {
    const text = firingText();
    assert.equal(text.summary, "401s on POST /login of auth: 43% against a usual 1.2%");
    assert.equal(
      detail(text, "what_happened"),
      "More failed authentications than usual on POST /login of auth: usually 1.2% of requests, now 43%, 36 times as many.",
    );
    assert.equal(detail(text, "since"), "2026-03-02T08:59:56Z");
    assert.equal(detail(text, "failures"), 240);
    assert.equal(detail(text, "requests_per_second"), "10 (usually 10)");
    assert.deepEqual(
      [text.source, text.component, text.group, text.class],
      ["auth", "POST /login", "prod", "failed authentications"],
    );
  });

  test("claims nothing to be usual on an endpoint that is too new for it", () => {
    const text = firingText({ reading: alarmingReading({ isWarm: false, usual: 0.1 }) });
    assert.equal(
      detail(text, "what_happened"),
      "Too many failed authentications on POST /login of auth, which is too new for a usual rate: 43% of requests.",
    );
    assert.equal(detail(text, "usual_rate"), "not known yet");
    assert.equal(detail(text, "requests_per_second"), "10");
  });

  test("names the rule with its file and line, the bundle and the alert", () => {
    const text = firingText();
    assert.equal(detail(text, "rule"), "login-401 (rules/auth.yaml:12)");
    assert.equal(detail(text, "rule_bundle"), "b".repeat(64));
    assert.equal(detail(text, "alert_id"), firingAlert().id);
  });

  test("puts the evidence as the chance of a false alarm where that can be derived", () => {
    assert.equal(detail(firingText(), "by_chance"), "at most once in 1.5 years of such traffic");
    const strong = alarmingReading({ evidence: 60 });
    assert.equal(
      detail(firingText({ reading: strong }), "by_chance"),
      "at most once in more than a million years of such traffic",
    );
    const weak = alarmingReading({ evidence: 14 });
    assert.equal(detail(firingText({ reading: weak }), "by_chance"), "at most once in 1d9h of such traffic");
    const other = alarmingReading({ alarmKind: "control-limit" });
    assert.equal(detail(firingText({ reading: other }), "by_chance"), undefined);
  });

  test("lists the gates that held, each with its numbers", () => {
    assert.deepEqual(detail(firingText(), "gates"), [
      "evidence: 20 nats, needed more than 17",
      "failures, repeats of one client counting less: 191.4, needed at least 7",
      "failures above what the traffic explains: 229.9, needed at least 7.7",
    ]);
    const none = alarmingReading({ gates: [] });
    assert.equal(detail(firingText({ reading: none }), "gates"), undefined);
  });

  test("explains a client that hides behind a normal rate, and a control limit", () => {
    const client = alarmingReading({ alarmKind: "client", busiestClientShare: 0.82, rate: 0.014 });
    assert.match(
      String(detail(firingText({ reading: client }), "what_happened")),
      /^One client keeps failing .* 82% of/,
    );
    const limit = alarmingReading({ alarmKind: "control-limit" });
    assert.match(String(detail(firingText({ reading: limit }), "what_happened")), /31 standard deviations above/);
  });

  test("shows clients by fingerprint and traces to open", () => {
    const clues = {
      ...NO_CLUES,
      topClients: [{ client: "c-12ab", failures: 81.4 }],
      examples: [{ traceId: "a".repeat(32), spanId: "b".repeat(16) }],
    };
    const text = firingText({ clues: () => clues });
    assert.deepEqual(detail(text, "top_clients"), ["c-12ab: 81 failures"]);
    assert.deepEqual(detail(text, "example_traces"), ["a".repeat(32)]);
  });

  test("says what to do: the rule's own words first, else by what it looks like", () => {
    const own = rule({ description: template("Ask the identity team about {{endpoint}}.\nThen wait.") });
    assert.equal(
      detail(firingText({ rule: own }), "what_to_do"),
      "Ask the identity team about POST /login.\nThen wait.",
    );
    const lookOf = (pattern: string | null, cause: string | null, confidence: Confidence = "high") => {
      const causes = cause === null ? [] : [{ cause, confidence, failures: 9 }];
      const text = firingText({ clues: () => ({ ...NO_CLUES, pattern, causes }) });
      return detail(text, "looks_like");
    };
    assert.equal(lookOf("credential_stuffing", "expired"), "attack");
    assert.equal(lookOf(null, "idp_unavailable"), "our own fault");
    assert.equal(lookOf(null, "bad_password"), "attack");
    assert.equal(lookOf(null, "bad_password", "low"), "unclear");
    assert.equal(lookOf(null, null), "unclear");
    assert.equal(lookOf("something new", "constructor"), "unclear");
  });

  test("names the likely cause with the mix, and what two people can do about it", () => {
    const causes = [
      { cause: "expired", confidence: "high", failures: 82 },
      { cause: "bad_password", confidence: "low", failures: 11 },
      { cause: "undecided", confidence: "low", failures: 7 },
    ] as const;
    const text = firingText({ clues: () => ({ ...NO_CLUES, causes }) });
    assert.equal(detail(text, "cause"), "expired (82%)");
    assert.deepEqual(detail(text, "causes"), ["expired 82%", "bad_password 11% (low confidence)", "undecided 7%"]);
    assert.match(String(detail(text, "for_the_api_owner")), /Refresh once .* do not loop/);
    assert.match(String(detail(text, "for_the_person_on_call")), /refreshing works/);
  });

  test("says honestly that no cause is known, and how one would be", () => {
    const causes = [
      { cause: "undecided", confidence: "low", failures: 9 },
      { cause: "expired", confidence: "high", failures: 1 },
    ] as const;
    const text = firingText({ clues: () => ({ ...NO_CLUES, causes }) });
    assert.equal(detail(text, "cause"), "undecided");
    assert.deepEqual(detail(text, "causes"), ["undecided 90%", "expired 10%"]);
    assert.match(String(detail(text, "for_the_api_owner")), /WWW-Authenticate/);
  });

  test("gives advice to two people for every cause", () => {
    for (const cause of CAUSES) {
      const text = firingText({ clues: () => ({ ...NO_CLUES, causes: [{ cause, confidence: "high", failures: 9 }] }) });
      assert.equal(detail(text, "cause"), `${cause} (100%)`);
      for (const name of ["for_the_api_owner", "for_the_person_on_call"])
        assert.match(String(detail(text, name)), /^[A-Z].*[.]$/, `${name} of ${cause}`);
    }
  });

  test("says nothing of causes where failures were not counted by them", () => {
    for (const name of ["cause", "causes", "for_the_api_owner"]) assert.equal(detail(firingText(), name), undefined);
  });

  test("advises on calls from the side of whoever sends them", () => {
    const causes = [{ cause: "expired", confidence: "high" as const, failures: 240 }];
    const clues = () => ({ ...NO_CLUES, causes });
    const ours = firingText({ clues, endpoint: { ...LOGIN, peer: "payments.example.com" } });
    assert.match(
      String(detail(ours, "for_the_person_on_call")),
      /^Our token or secret for this dependency has expired/,
    );
    for (const cause of [...CAUSES, "undecided"]) assert.ok(callAdvice(cause).onCall.length > 0, cause);
  });

  test("says why a ticket wakes nobody, and what would make it a page", () => {
    const reading = alarmingReading({ isOneClientFailing: true, busiestClientShare: 0.93 });
    const paging = rule({ severity: [{ level: "error", when: null }] });
    const why = detail(firingText({ reading, rule: paging }), "why_a_ticket");
    assert.equal(why, "One client holds 93% of the failures where others succeed; it becomes a page when others join.");
    const nightly = alarmingReading({ recurredTimes: 4 });
    assert.equal(
      detail(firingText({ reading: nightly, rule: paging }), "why_a_ticket"),
      "It came at this hour 4 times before; it becomes a page when it grows beyond that, or when other clients fail.",
    );
    assert.equal(detail(firingText({ reading: alarmingReading(), rule: paging }), "why_a_ticket"), undefined);
    assert.equal(detail(firingText({ reading }), "why_a_ticket"), undefined, "the rule makes it a ticket anyway");
  });

  test("says why it comes again", () => {
    assert.equal(detail(firingText({}, "escalated"), "update"), "severity rose to error");
    assert.equal(detail(firingText({}, "unmuted"), "update"), "the mute is over and the alert still fires");
    assert.equal(detail(firingText(), "update"), undefined);
  });

  test("puts times on the wall clock though the alert keeps them on the steady one", () => {
    const skewed = { steady: at(0).steady, wall: at(3_600_000).wall };
    const text = firingText({ now: skewed });
    assert.equal(text.timestamp, at(3_600_000).wall);
    assert.equal(detail(text, "since"), "2026-03-02T09:59:56Z");
  });

  test("survives a summary that comes out empty or too long", () => {
    assert.equal(
      firingText({ rule: rule({ summary: template("") }) }).summary,
      "Failed requests on POST /login of auth",
    );
    const long = firingText({ rule: rule({ summary: template("👍".repeat(2000)) }) }).summary;
    assert.equal([...long].length, 1024);
    assert.ok(long.endsWith("…"));
  });

  test("speaks of the service when the series is wider than an endpoint", () => {
    const text = firingText({ rule: rule({ per: ["service"] }), fields: { service: "auth" } });
    assert.equal(text.component, "auth");
  });
});

describe("a resolve", () => {
  test("says how long it lasted and how bad it was", () => {
    const text = resolvedText("recovered");
    assert.equal(text.summary, "Resolved after 12m4s (recovered): POST /login of auth, peak 43%, 240 failures");
    assert.equal(detail(text, "lasted"), "12m4s");
    assert.equal(detail(text, "until"), "2026-03-02T09:12:00Z");
    assert.equal(detail(text, "what_happened"), "The rate of failures is back to usual and has stayed there.");
  });

  test("does not claim recovery where nobody knows", () => {
    assert.match(String(detail(resolvedText("silent"), "what_happened")), /nothing left to judge/);
    assert.match(String(detail(resolvedText("rule_removed", null), "what_happened")), /may still be high/);
  });
});

test("hostile names can neither break a line nor blank a required field", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (service, route) => {
      const text = firingText({ endpoint: { ...LOGIN, service, route, environment: "" } });
      const shown = [text.summary, text.source, text.component, text.group, text.class];
      for (const line of shown) {
        assert.notEqual(line, "");
        assert.doesNotMatch(line, /[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
      }
      assert.ok([...text.summary].length <= 1024);
    }),
  );
});
