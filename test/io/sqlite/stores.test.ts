import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BlockNames } from "../../../src/core/alerts/block-checkpoint.ts";
import type { KnownClientsCheckpoint } from "../../../src/core/alerts/patterns/known-clients-generation.ts";
import { DAY_MS } from "../../../src/core/time.ts";
import { Database } from "../../../src/io/sqlite/database.ts";
import { Retention, USUAL_LIMITS } from "../../../src/io/sqlite/retention.ts";
import type { RuleBundle } from "../../../src/io/sqlite/rule-store.ts";
import { ACTIVATIONS_KEPT_MAX } from "../../../src/io/sqlite/rule-store.ts";
import { Store } from "../../../src/io/sqlite/store.ts";
import { targetId } from "../../../src/io/sqlite/target-store.ts";
import { aCheckpoint, anAlert, anOutboxRow, aTransition, pagerdutyTarget } from "./samples.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

function aBundle(name: string): RuleBundle {
  return { hash: name, acceptedAtWall: 5, origin: "start", files: [{ path: "a.yaml", text: name }], diff: `+${name}` };
}

describe("rule store", () => {
  test("gives back the bundle that came into force last, also after a restart", () => {
    using temporary = temporaryDirectory();
    const before = Store.open(temporary.path);
    assert.equal(before.rules.active(), null);
    before.rules.activate(aBundle("one"));
    before.rules.activate(aBundle("two"));
    before.close();
    using after = Store.open(temporary.path);
    assert.deepEqual(after.rules.active(), aBundle("two"));
    assert.deepEqual(after.rules.bundle("one"), aBundle("one"));
    assert.equal(after.rules.bundle("never seen"), null);
  });

  test("going back to an earlier bundle is a further line of history", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    for (const name of ["one", "two", "one"]) store.rules.activate(aBundle(name));
    assert.deepEqual(
      store.rules.history(10).map(({ hash }) => hash),
      ["one", "two", "one"],
    );
  });

  test("forgets the oldest activations beyond its bound, with their texts", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    store.transact("fill", () => {
      for (let index = 0; index <= ACTIVATIONS_KEPT_MAX; index++) store.rules.activate(aBundle(`bundle ${index}`));
    });
    assert.equal(store.rules.history(2 * ACTIVATIONS_KEPT_MAX).length, ACTIVATIONS_KEPT_MAX);
    assert.equal(store.rules.bundle("bundle 0"), null);
    assert.notEqual(store.rules.bundle("bundle 1"), null);
  });
});

describe("alert store", () => {
  test("keeps the newest state of each alert and all that happened to it", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    const pending = anAlert({ id: "a", state: "pending" });
    const firing = anAlert({ id: "a", state: "firing" });
    const other = anAlert({ id: "b", state: "resolved" });
    const transitions = [
      aTransition("pending", 1000, pending),
      aTransition("firing", 1100, firing),
      aTransition("resolved", 1050, other),
    ];
    store.alerts.commit({ transitions, outboxRows: [], targets: [] });
    assert.deepEqual(store.alerts.openAlerts(), [firing]);
    assert.deepEqual(store.alerts.recentAlerts(10), [firing, other]);
    assert.deepEqual(store.alerts.alert("b"), other);
    assert.deepEqual(store.alerts.transitionsOf("a"), transitions.slice(0, 2));
    assert.deepEqual(store.alerts.recentTransitions(1), [transitions[2]]);
    assert.deepEqual(store.alerts.transitionsUntil(1050, 1), [transitions[2]]);
    assert.deepEqual(store.alerts.transitionsUntil(999, 9), []);
    assert.deepEqual(store.alerts.transitionsAfter(1000, 9), [transitions[2], transitions[1]]);
    assert.deepEqual(store.alerts.transitionsAfter(1100, 9), []);
  });

  test("a commit that cannot be kept whole is not kept at all", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    const firing = anAlert({ id: "a", state: "firing" });
    const unstorable = anOutboxRow({ alertId: "a", createdAt: Number.NaN });
    const commit = { transitions: [aTransition("firing", 1, firing)], outboxRows: [unstorable], targets: [] };
    assert.throws(() => store.alerts.commit(commit), /cannot record alerts/);
    assert.deepEqual(store.alerts.openAlerts(), []);
    assert.deepEqual(store.alerts.recentTransitions(10), []);
  });
});

describe("outbox store", () => {
  test("gives pending pages in the order of writing and moves them on", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    const rows = ["a", "b", "c"].map((alertId) => anOutboxRow({ alertId }));
    const ids = store.alerts.commit({ transitions: [], outboxRows: rows, targets: [pagerdutyTarget] });
    const [first, second, third] = store.outbox.pending(0, 10);
    assert.ok(first && second && third);
    assert.deepEqual([first.id, second.id, third.id], ids);
    assert.deepEqual(first, { id: first.id, ...rows[0] });
    assert.deepEqual(store.outbox.pending(first.id, 1), [second]);

    const refused = {
      at: 5,
      outcome: "retry",
      status: 503,
      reason: "busy",
      bodyExcerpt: "x".repeat(5000),
      latencyMs: 1.5,
    } as const;
    store.outbox.recordAttempt({ ...first, attempts: 1, nextAttemptAt: 9 }, refused);
    const taken = { at: 9, outcome: "delivered", status: 202, reason: "", bodyExcerpt: "", latencyMs: 2 } as const;
    store.outbox.recordAttempt({ ...first, attempts: 2, state: "delivered" }, taken);
    store.outbox.recordState({ ...second, state: "superseded" });

    assert.deepEqual(store.outbox.pending(0, 10), [third]);
    assert.equal(store.outbox.pendingCount(), 1);
    assert.deepEqual(
      store.outbox.recent(2).map(({ state }) => state),
      ["pending", "superseded"],
    );
    assert.deepEqual(store.outbox.attemptsOf(first.id), [{ ...refused, bodyExcerpt: "x".repeat(1000) }, taken]);
  });

  test("finds the triggers that a resolve answers, in any state and for its target alone", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    const secret = { kind: "pagerduty", url: "https://eu.example", key: "other" };
    const otherTarget = { ...secret, id: targetId(secret) };
    const outboxRows = [
      anOutboxRow({ alertId: "a", state: "delivered" }),
      anOutboxRow({ alertId: "a", targetId: otherTarget.id }),
      anOutboxRow({ alertId: "b" }),
      anOutboxRow({ alertId: "a", action: "resolve" }),
    ];
    store.alerts.commit({ transitions: [], outboxRows, targets: [pagerdutyTarget, otherTarget] });
    const resolve = store.outbox.pending(0, 10).find(({ action }) => action === "resolve");
    assert.ok(resolve);
    assert.deepEqual(
      store.outbox.historyOf(resolve).map(({ action, state }) => `${action} ${state}`),
      ["trigger delivered", "resolve pending"],
    );
  });
});

describe("target store", () => {
  test("keeps address and key as they were, under a name that does not give them away", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    store.targets.freeze(pagerdutyTarget);
    store.targets.freeze({ ...pagerdutyTarget, key: "edited" });
    assert.deepEqual(store.targets.target(pagerdutyTarget.id), pagerdutyTarget);
    assert.match(pagerdutyTarget.id, /^[0-9a-f]{24}$/);
    assert.notEqual(targetId({ ...pagerdutyTarget, key: "k2" }), pagerdutyTarget.id);
    assert.equal(store.targets.target("unknown"), null);
  });
});

describe("checkpoint store", () => {
  test("gives back what was saved last for each series, and nothing that was removed", () => {
    using temporary = temporaryDirectory();
    const before = Store.open(temporary.path);
    before.checkpoints.save([aCheckpoint("/a", 1), aCheckpoint("/b", 1), aCheckpoint("/c", 1)], 10);
    before.checkpoints.save([aCheckpoint("/b", 2)], 20);
    before.checkpoints.remove([aCheckpoint("/c", 1)]);
    before.close();
    using after = Store.open(temporary.path);
    assert.deepEqual([...after.checkpoints.restore()], [aCheckpoint("/a", 1), aCheckpoint("/b", 2)]);
    assert.equal(after.checkpoints.count(), 2);
  });

  test("a restore that is left early leaves the database usable", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    store.checkpoints.save([aCheckpoint("/a", 1), aCheckpoint("/b", 1)], 10);
    for (const _ of store.checkpoints.restore()) break;
    store.checkpoints.save([aCheckpoint("/c", 1)], 10);
  });

  test("a block comes back with its latest numbers and the names that were written last, before any series", () => {
    const names: BlockNames = {
      version: 1,
      rules: [["http-401", ["route"]]],
      services: [],
      endpoints: [],
      rows: [-1, -1],
    };
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    const block = { kind: "block", id: 3, numbers: new Uint8Array([1, 2]), names } as const;
    store.checkpoints.save([aCheckpoint("/a", 1), block], 10);
    store.checkpoints.save([{ ...block, numbers: new Uint8Array([3, 4]), names: null }], 20);
    const restored = [...store.checkpoints.restore()].map((checkpoint) =>
      checkpoint.kind === "block" ? { ...checkpoint, numbers: [...checkpoint.numbers] } : checkpoint,
    );
    assert.deepEqual(restored, [{ ...block, numbers: [3, 4] }, aCheckpoint("/a", 1)]);
    store.checkpoints.remove([block]);
    assert.deepEqual([...store.checkpoints.restore()], [aCheckpoint("/a", 1)]);
  });

  test("a page of known clients is written over by that of the generation after the next, and comes before any series", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    const page = (generation: number, bits: number): KnownClientsCheckpoint => {
      const facts = { version: 1, generation, startedAt: 1000.5 * generation, page: 7, pairCount: 2 };
      return { kind: "known_clients", ...facts, bits: new Uint8Array([bits, 0, 255]) };
    };
    store.checkpoints.save([aCheckpoint("/a", 1), page(1, 1)], 10);
    store.checkpoints.save([page(2, 2), page(3, 3)], 20);
    const restored = [...store.checkpoints.restore()].map((checkpoint) =>
      checkpoint.kind === "known_clients" ? { ...checkpoint, bits: Uint8Array.from(checkpoint.bits) } : checkpoint,
    );
    assert.deepEqual(restored, [page(2, 2), page(3, 3), aCheckpoint("/a", 1)]);
  });

  test("a series that is gone is taken out", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    store.checkpoints.save([aCheckpoint("/a", 1), aCheckpoint("/b", 1)], 10);
    const { ruleId, values } = aCheckpoint("/a", 1);
    store.checkpoints.save([{ kind: "gone", ruleId, values }], 20);
    assert.deepEqual([...store.checkpoints.restore()], [aCheckpoint("/b", 1)]);
  });
});

describe("meta store", () => {
  test("makes the install key once", () => {
    using temporary = temporaryDirectory();
    const before = Store.open(temporary.path);
    const key = before.meta.installKey();
    assert.equal(key.length, 16);
    assert.deepEqual(before.meta.installKey(), key);
    before.close();
    using after = Store.open(temporary.path);
    assert.deepEqual(after.meta.installKey(), key);
  });

  test("knows the latest instant on record, whoever recorded it", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    assert.equal(store.meta.latestSteady(), null);
    store.alerts.commit({
      transitions: [aTransition("firing", 2000.5, anAlert({ id: "a", state: "firing" }))],
      outboxRows: [],
      targets: [],
    });
    assert.equal(store.meta.latestSteady(), 2000.5);
    store.meta.rememberSteady(1000);
    assert.equal(store.meta.latestSteady(), 2000.5);
    store.meta.rememberSteady(3000.25);
    assert.equal(store.meta.latestSteady(), 3000.25);
  });
});

describe("retention", () => {
  const now = 100 * DAY_MS;
  const delivered = { at: 1, outcome: "delivered", status: 202, reason: "", bodyExcerpt: "", latencyMs: 1 } as const;

  test("forgets what is past its age, with everything that hangs on it", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    const resolved = anAlert({ id: "old", state: "resolved" });
    store.alerts.commit({
      transitions: [aTransition("resolved", 1, resolved)],
      outboxRows: [anOutboxRow({ alertId: "old", createdAt: 1, state: "delivered" })],
      targets: [pagerdutyTarget],
    });
    const [row] = store.outbox.recent(1);
    assert.ok(row);
    store.outbox.recordAttempt(row, delivered);
    while (store.retention.forget(now) > 0);
    assert.deepEqual(store.alerts.recentAlerts(10), []);
    assert.deepEqual(store.alerts.recentTransitions(10), []);
    assert.deepEqual(store.outbox.recent(10), []);
    assert.deepEqual(store.outbox.attemptsOf(row.id), []);
    assert.equal(store.targets.target(pagerdutyTarget.id), null);
  });

  test("keeps open alerts, their triggers and pending pages, however old", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    store.alerts.commit({
      transitions: [
        aTransition("firing", 1, anAlert({ id: "open", state: "firing" })),
        aTransition("resolved", 1, anAlert({ id: "resolving", state: "resolved" })),
      ],
      outboxRows: [
        anOutboxRow({ alertId: "open", createdAt: 1, state: "delivered" }),
        anOutboxRow({ alertId: "resolving", createdAt: 1, state: "delivered" }),
        anOutboxRow({ alertId: "resolving", createdAt: 2, action: "resolve" }),
      ],
      targets: [pagerdutyTarget],
    });
    while (store.retention.forget(now) > 0);
    assert.deepEqual(
      store.alerts.openAlerts().map(({ id }) => id),
      ["open"],
    );
    assert.equal(store.outbox.recent(10).length, 3);
    assert.deepEqual(store.targets.target(pagerdutyTarget.id), pagerdutyTarget);
  });

  test("forgets the oldest beyond the number that may be kept", () => {
    using temporary = temporaryDirectory();
    using database = Database.open(temporary.path);
    const retention = new Retention(database, { ...USUAL_LIMITS, rowsKeptMax: 2 });
    const insert = database.prepare<[string, number]>(
      "INSERT INTO alert VALUES (?, 'rule', 'fingerprint', 'resolved', ?, '{}')",
    );
    for (const at of [1, 2, 3, 4, 5]) insert.run(`alert ${at}`, now + at);
    assert.equal(retention.forget(now), 3);
    assert.deepEqual(database.connection.prepare("SELECT id FROM alert ORDER BY changed_at").pluck().all(), [
      "alert 4",
      "alert 5",
    ]);
  });
});
