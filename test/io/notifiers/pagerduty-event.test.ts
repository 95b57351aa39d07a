import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NotificationText } from "../../../src/core/alerts/alert.ts";
import type { Page } from "../../../src/core/alerts/page.ts";
import type { EventSettings } from "../../../src/io/notifiers/pagerduty-event.ts";
import { EVENT_BYTES_MAX, pagerDutyEvent } from "../../../src/io/notifiers/pagerduty-event.ts";
import { checkEvent } from "../../../src/io/stand-ins/pagerduty-contract.ts";
import { page, pageText } from "../../support/pages.ts";
import { fc } from "../../support/properties.ts";

const SETTINGS: EventSettings = { routingKey: "k".repeat(32), lateByMs: null };

type SentEvent = {
  readonly event_action: string;
  readonly payload: {
    readonly summary: string;
    readonly source: string;
    readonly custom_details: Readonly<Record<string, string>>;
  };
};

function event(facts: Partial<Page> = {}, settings = SETTINGS): SentEvent {
  return JSON.parse(pagerDutyEvent(page(facts), settings)) as SentEvent;
}

function withDetails(details: NotificationText["details"]) {
  return { text: pageText({ details }) };
}

describe("an event", () => {
  test("carries what a page says under PagerDuty's names", () => {
    const sent = event({ text: pageText({ runbook: "https://runbooks.example.com/auth/401" }) });
    assert.deepEqual(sent, {
      routing_key: SETTINGS.routingKey,
      event_action: "trigger",
      dedup_key: "authspike/login-401/0ab29b0471639a04",
      client: "authspike",
      payload: {
        summary: "401s on POST /login of auth: 43% against a usual 1.2%",
        source: "auth",
        severity: "error",
        timestamp: "2026-03-02T09:00:00.250Z",
        component: "POST /login",
        group: "prod",
        class: "failed authentications",
        custom_details: { what_happened: "More than usual.", example_traces: ["a".repeat(32)] },
      },
      links: [{ href: "https://runbooks.example.com/auth/401", text: "Runbook" }],
    });
  });

  test("that resolves carries the whole payload and no client", () => {
    const sent = event({ action: "resolve", reason: "resolved" });
    assert.equal(sent.event_action, "resolve");
    assert.equal(sent.payload.source, "auth");
    assert.equal("client" in sent, false);
  });

  test("says first how late it is", () => {
    const late = event({}, { ...SETTINGS, lateByMs: 47 * 60_000 + 12_000 });
    assert.equal(Object.keys(late.payload.custom_details)[0], "delivered_late");
    assert.equal(late.payload.custom_details["delivered_late"], "47m");
  });

  test("cuts a summary by code points", () => {
    const sent = event({ text: pageText({ summary: "👍".repeat(1_500) }) });
    assert.equal([...sent.payload.summary].length, 1024);
    assert.ok(sent.payload.summary.isWellFormed());
  });
});

describe("an event that would be too large", () => {
  const long = "x".repeat(600_000);

  test("gives up lists first", () => {
    const { custom_details: details } = event(withDetails({ what: "short", traces: [long] })).payload;
    assert.deepEqual(details, { what: "short" });
  });

  test("then shortens texts", () => {
    const { custom_details: details } = event(withDetails({ what: long, count: 4, traces: [long] })).payload;
    assert.equal(details["what"]?.length, 256);
    assert.equal(details["count"], 4);
  });

  test("then says only that it was too large", () => {
    const many = Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [`detail ${index}`, "y".repeat(300)]));
    const { custom_details: details } = event(withDetails(many)).payload;
    assert.deepEqual(details, { note: "the details were too large for one event" });
  });
});

test("a service or summary of blanks does not make an event that PagerDuty refuses", () => {
  const sent = pagerDutyEvent(page({ text: pageText({ summary: " ", source: "\u00a0 " }) }), SETTINGS);
  assert.equal(checkEvent(sent).kind, "valid");
});

test("every event is one that PagerDuty takes", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 3_000 });
  const details = fc.dictionary(text, fc.oneof(text, fc.double(), fc.array(text, { maxLength: 5 })), { maxKeys: 9 });
  fc.assert(
    fc.property(text, text, details, fc.constantFrom("trigger", "resolve"), (summary, source, some, action) => {
      const facts = { action, text: pageText({ summary, source, details: some }) } as const;
      const sent = pagerDutyEvent(page(facts), SETTINGS);
      const check = checkEvent(sent);
      assert.equal(check.kind, "valid", JSON.stringify(check));
      assert.ok(new TextEncoder().encode(sent).length <= EVENT_BYTES_MAX);
    }),
  );
});
