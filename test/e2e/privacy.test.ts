/**
 * Who the clients, users and sessions were, through the whole service: what it has learned of them is kept over a stop, and
 * nobody can read from any of it who they were.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DATABASE_FILE } from "../../src/io/sqlite/database.ts";
import { Store } from "../../src/io/sqlite/store.ts";
import { PagerDutyTwin } from "../../src/io/stand-ins/pagerduty-twin.ts";
import { Installation, ROUTING_KEY } from "../support/installation.ts";
import { LoginTraffic } from "../support/login-traffic.ts";
import type { SpanFacts } from "../support/trace-request.ts";
import { traceRequest } from "../support/trace-request.ts";

const TRICKLE_MS = 2_000;
const TAKEOVER_RULE = `version: 1
rules: [{id: takeover, match: {route: "/login"}, count: {outcome: unauthenticated}, detector: {kind: takeover}}]
`;

/** As an attacker sends them: at a few accounts, in one session. IPv4 and IPv6, a name, an address of mail. */
const CLIENTS = Array.from({ length: 40 }, (_, index) =>
  index % 2 === 0 ? `198.51.100.${index}` : `2001:db8:77:${index}::9`,
);
const USERS = ["anna.secretary", "bert@example.org", "4711-0815-ff"];
const SESSION = "5e55107c-0dd5-4a11-9c3b-7f2e";
const DATA_DIRECTORY = "data";

test("no address, user or session can be read from what is kept of them", async () => {
  await using pagerDuty = new PagerDutyTwin({ routingKeys: [ROUTING_KEY] });
  await pagerDuty.start();
  await using installation = new Installation({ pagerDuty });
  installation.writeRules("takeover.yaml", TAKEOVER_RULE);
  const service = await installation.start();
  await new LoginTraffic(service).trickle(TRICKLE_MS);
  await service.send(traceRequest(CLIENTS.map((client, index) => attempt(client, { index, status: 401 }))));
  await service.send(traceRequest([attempt("198.51.100.200", { index: 0, status: 200 })]));
  await service.whileRunning(pagerDuty.waitFor(({ events }) => events.length > 0));
  await service.stop();

  const directory = join(installation.directory, DATA_DIRECTORY);
  assertLearned(directory);
  const files = readdirSync(directory).filter((name) => name.startsWith(DATABASE_FILE));
  const kept = files.map((name) => readFileSync(join(directory, name), "latin1")).join("\n");
  assert.ok(kept.includes("login-401"), "what is kept can be read, so what is not found is not there");
  for (const [where, content] of [
    ["the database", kept],
    ["the log", service.output],
    ["pages", JSON.stringify(pagerDuty.events)],
  ] as const) {
    for (const personal of ["203.0.113.", ...CLIENTS, ...USERS, SESSION])
      assert.ok(!content.includes(personal), `${where}: ${personal}`);
  }
});

/** That what is searched is there: known clients, and who failed at the sign-in, by client, account and session. */
function assertLearned(directory: string): void {
  using store = Store.open(directory);
  const checkpoints = [...store.checkpoints.restore()];
  assert.ok(checkpoints.some(({ kind }) => kind === "known_clients"));
  const [signIns] = checkpoints.flatMap((stored) => (stored.kind === "series" ? (stored.signIns ?? []) : []));
  assert.ok(signIns !== undefined);
  const { accounts, clients, sessions } = signIns;
  assert.ok(clients.failing.length >= CLIENTS.length);
  assert.deepEqual([accounts.length, sessions.failing.length], [USERS.length, 1]);
}

function attempt(client: string, { index, status }: { readonly index: number; readonly status: number }): SpanFacts {
  const attributes = { "user.name": USERS[index % USERS.length] ?? "", "session.id": SESSION };
  return { method: "POST", route: "/login", status, client, endMs: Date.now(), attributes };
}
