import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { WaitTimeoutError } from "../../../src/io/stand-ins/condition.ts";
import type { PagerDutyFault } from "../../../src/io/stand-ins/pagerduty-twin.ts";
import { PagerDutyTwin } from "../../../src/io/stand-ins/pagerduty-twin.ts";

const ROUTING_KEY = "a".repeat(32);
const PAYLOAD = { summary: "401s on POST /login", source: "auth", severity: "critical" };
const TRIGGER = { routing_key: ROUTING_KEY, event_action: "trigger", dedup_key: "login", payload: PAYLOAD };
const RESOLVE = { routing_key: ROUTING_KEY, event_action: "resolve", dedup_key: "login" };
const ACKNOWLEDGE = { ...RESOLVE, event_action: "acknowledge" };

describe("an event that keeps the contract", () => {
  test("is taken with a 202 that repeats the dedup key", async () => {
    await using twin = await startTwin();
    const response = await post(twin, TRIGGER);
    assert.equal(response.status, 202);
    assert.deepEqual(await response.json(), { status: "success", message: "Event processed", dedup_key: "login" });
    assert.equal(twin.events[0]?.payload?.summary, "401s on POST /login");
  });

  test("gets a dedup key when a trigger has none", async () => {
    await using twin = await startTwin();
    const response = await post(twin, { ...TRIGGER, dedup_key: undefined });
    const { dedup_key } = (await response.json()) as { dedup_key: string };
    assert.equal(twin.incidents[0]?.dedupKey, dedup_key);
    assert.match(dedup_key, /^[0-9a-f]{32}$/);
  });

  test("may use every optional field", async () => {
    await using twin = await startTwin();
    for (const timestamp of ["2015-07-17T08:42:58.315+0000", "2026-02-03T04:05:06Z", "2026-02-03T04:05:06.7+02:00"]) {
      const response = await post(twin, {
        ...TRIGGER,
        payload: { ...PAYLOAD, timestamp, component: "a", group: "b", class: "c", custom_details: { rate: 0.5 } },
        links: [{ href: "https://example.com/run", text: "runbook" }],
        images: [{ src: "https://example.com/chart.png", href: "https://example.com", alt: "chart" }],
        client: "authspike",
        client_url: "http://localhost:8401",
      });
      assert.equal(response.status, 202, await response.text());
    }
  });
});

describe("an event that breaks the contract is a 400", () => {
  const payload = (changes: object) => ({ ...TRIGGER, payload: { ...PAYLOAD, ...changes } });
  const faults: readonly (readonly [string, object, string])[] = [
    [
      "a short routing key",
      { ...TRIGGER, routing_key: "abc" },
      "Length of 'routing_key' is incorrect (should be 32 characters)",
    ],
    ["no routing key", { ...TRIGGER, routing_key: " " }, "'routing_key' is missing or blank"],
    ["no action", { ...TRIGGER, event_action: undefined }, "'event_action' is missing or blank"],
    [
      "another action",
      { ...TRIGGER, event_action: "page" },
      "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
    ],
    [
      "a long dedup key",
      { ...TRIGGER, dedup_key: "k".repeat(256) },
      "'dedup_key' is too long (maximum is 255 characters)",
    ],
    ["a resolve without dedup key", { ...RESOLVE, dedup_key: undefined }, "'dedup_key' is missing or blank"],
    ["an acknowledge without dedup key", { ...ACKNOWLEDGE, dedup_key: "" }, "'dedup_key' is missing or blank"],
    ["a trigger without payload", { ...TRIGGER, payload: undefined }, "'payload' is missing or blank"],
    ["no summary", payload({ summary: "" }), "'payload.summary' is missing or blank"],
    [
      "a resolve with an empty summary",
      { ...RESOLVE, payload: { ...PAYLOAD, summary: "" } },
      "'payload.summary' is missing or blank",
    ],
    [
      "a long summary",
      payload({ summary: "s".repeat(1025) }),
      "'payload.summary' is too long (maximum is 1024 characters)",
    ],
    ["no source", payload({ source: undefined }), "'payload.source' is missing or blank"],
    ["no severity", payload({ severity: undefined }), "'payload.severity' is missing or blank"],
    [
      "a severity in capitals",
      payload({ severity: "Critical" }),
      "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    ],
    [
      "a timestamp in milliseconds",
      payload({ timestamp: 1700000000000 }),
      "'payload.timestamp' is invalid (must be an ISO 8601 date and time)",
    ],
    [
      "a day that does not exist",
      payload({ timestamp: "2026-13-40T00:00:00Z" }),
      "'payload.timestamp' is invalid (must be an ISO 8601 date and time)",
    ],
    ["details as text", payload({ custom_details: "text" }), "'payload.custom_details' is invalid (must be an object)"],
    ["a link without href", { ...TRIGGER, links: [{ text: "runbook" }] }, "'links[0].href' is missing or blank"],
    [
      "an image over HTTP",
      { ...TRIGGER, images: [{ src: "http://example.com/a.png" }] },
      "'images[0].src' is invalid (must be an HTTPS URL)",
    ],
    [
      "512,001 bytes",
      payload({ custom_details: { text: "x".repeat(512_000) } }),
      "Event is too large (maximum is 512000 bytes)",
    ],
  ];
  for (const [name, event, error] of faults) {
    test(name, async () => {
      await using twin = await startTwin();
      const response = await post(twin, event);
      assert.equal(response.status, 400);
      assert.deepEqual(await response.json(), {
        status: "invalid event",
        message: "Event object is invalid",
        errors: [error],
      });
      assert.deepEqual(twin.events, []);
    });
  }

  test("all errors are told at once", async () => {
    await using twin = await startTwin();
    const response = await post(twin, { event_action: "trigger", payload: { severity: "high" } });
    const { errors } = (await response.json()) as { errors: string[] };
    assert.equal(errors.length, 4);
  });

  test("a summary is measured in characters, not code units", async () => {
    await using twin = await startTwin();
    assert.equal((await post(twin, payload({ summary: "🔑".repeat(1024) }))).status, 202);
  });

  test("what is not JSON, or not said to be, is unrecognized", async () => {
    await using twin = await startTwin();
    for (const [body, type, error] of [
      ["{", "application/json", "JSON parse error"],
      ["[]", "application/json", "JSON parse error"],
      [JSON.stringify(TRIGGER), "text/plain", "Content-Type is not application/json"],
    ] as const) {
      const response = await fetch(twin.url, { method: "POST", headers: { "content-type": type }, body });
      assert.equal(response.status, 400);
      assert.deepEqual(await response.json(), {
        status: "Unrecognized object",
        message: "Event object format is unrecognized",
        errors: [error],
      });
    }
  });

  test("a routing key that the twin was not told of is refused", async () => {
    await using twin = await startTwin({ routingKeys: ["b".repeat(32)] });
    const response = await post(twin, TRIGGER);
    assert.deepEqual(((await response.json()) as { errors: string[] }).errors, ["Invalid routing key"]);
  });

  test("other methods and paths are 405 and 404", async () => {
    await using twin = await startTwin();
    assert.equal((await fetch(twin.url)).status, 405);
    assert.equal((await fetch(`${twin.url}/x`, { method: "POST" })).status, 404);
  });
});

describe("incidents", () => {
  test("a trigger on an open key adds to its log and opens nothing", async () => {
    await using twin = await startTwin();
    await play(twin, TRIGGER, TRIGGER, ACKNOWLEDGE, TRIGGER);
    assert.deepEqual(
      twin.incidents.map(({ state, log }) => [state, log.map((entry) => entry.action)]),
      [["acknowledged", ["trigger", "trigger", "acknowledge", "trigger"]]],
    );
  });

  test("a trigger after the resolve opens a new one", async () => {
    await using twin = await startTwin();
    await play(twin, TRIGGER, RESOLVE, TRIGGER);
    assert.deepEqual(
      twin.incidents.map(({ number, state }) => [number, state]),
      [
        [1, "resolved"],
        [2, "open"],
      ],
    );
  });

  test("acknowledging or resolving what is not open is accepted and does nothing", async () => {
    await using twin = await startTwin();
    await play(twin, RESOLVE, ACKNOWLEDGE);
    assert.deepEqual(twin.incidents, []);
    assert.equal(twin.events.length, 2);
  });

  test("another routing key is another incident, even with the same dedup key", async () => {
    await using twin = await startTwin();
    await play(twin, TRIGGER, { ...TRIGGER, routing_key: "b".repeat(32) }, { ...RESOLVE, routing_key: "c".repeat(32) });
    assert.deepEqual(
      twin.incidents.map((incident) => incident.state),
      ["open", "open"],
    );
  });
});

describe("faults", () => {
  test("429 with Retry-After and 5xx take nothing, and end after as many calls as planned", async () => {
    await using twin = await startTwin();
    twin.failNext({ kind: "status", status: 429, retryAfter: "30" });
    twin.failNext({ kind: "status", status: 502 }, 2);
    const first = await post(twin, TRIGGER);
    assert.deepEqual([first.status, first.headers.get("retry-after")], [429, "30"]);
    assert.equal((await post(twin, TRIGGER)).status, 502);
    assert.equal((await post(twin, TRIGGER)).status, 502);
    assert.deepEqual(twin.events, []);
    assert.equal((await post(twin, TRIGGER)).status, 202);
    assert.deepEqual(
      twin.attempts.map((attempt) => attempt.outcome),
      [429, 502, 502, 202],
    );
  });

  test("a fault without end lasts until recovery", async () => {
    await using twin = await startTwin();
    twin.failNext({ kind: "status", status: 500 }, Number.POSITIVE_INFINITY);
    assert.equal((await post(twin, TRIGGER)).status, 500);
    assert.equal((await post(twin, TRIGGER)).status, 500);
    twin.recover();
    assert.equal((await post(twin, TRIGGER)).status, 202);
  });

  test("a reset breaks the connection before or after the event was taken", async () => {
    await using twin = await startTwin();
    twin.failNext({ kind: "reset" });
    await assert.rejects(post(twin, TRIGGER));
    assert.equal(twin.events.length, 0);
    twin.failNext({ kind: "reset-after-accepting" });
    await assert.rejects(post(twin, TRIGGER));
    assert.equal(twin.incidents.length, 1);
  });

  test("a hanging call is never answered and does not keep the twin from closing", async () => {
    const twin = await startTwin();
    twin.failNext({ kind: "hang" });
    const call = post(twin, TRIGGER);
    await twin.waitFor(() => twin.attempts.length === 1);
    await Promise.all([assert.rejects(call), twin[Symbol.asyncDispose]()]);
    assert.equal(twin.attempts[0]?.outcome, "hang");
  });

  test("an event can be taken though the answer says nothing or the opposite", async () => {
    await using twin = await startTwin();
    const faults: PagerDutyFault[] = [{ kind: "garbled-answer" }, { kind: "status-after-accepting", status: 500 }];
    for (const fault of faults) twin.failNext(fault);
    const garbled = await post(twin, TRIGGER);
    assert.equal(garbled.status, 202);
    await assert.rejects(garbled.json(), SyntaxError);
    assert.equal((await post(twin, TRIGGER)).status, 500);
    assert.equal(twin.events.length, 2);
    assert.equal(twin.incidents.length, 1);
  });
});

test("waiting in vain says what was seen instead", async () => {
  await using twin = await startTwin();
  await post(twin, TRIGGER);
  await assert.rejects(
    twin.waitFor(() => twin.incidents.length === 2, 1),
    (error) => error instanceof WaitTimeoutError && /opened 1 incidents/.test(error.message),
  );
});

async function startTwin(options: ConstructorParameters<typeof PagerDutyTwin>[0] = {}): Promise<PagerDutyTwin> {
  const twin = new PagerDutyTwin(options);
  await twin.start();
  return twin;
}

async function post(twin: PagerDutyTwin, event: object): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return await fetch(twin.url, { method: "POST", headers, body: JSON.stringify(event) });
}

async function play(twin: PagerDutyTwin, ...events: readonly object[]): Promise<void> {
  for (const event of events) assert.equal((await post(twin, event)).status, 202);
}
