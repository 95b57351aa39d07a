import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Store } from "../../src/io/sqlite/store.ts";
import { AlertLedger } from "../../src/service/alert-ledger.ts";
import { anAlert, anOutboxRow, aTransition, pagerdutyTarget } from "../io/sqlite/samples.ts";
import { temporaryDirectory } from "../io/sqlite/temporary-directory.ts";

const COMMIT = {
  transitions: [aTransition("firing", 1100, anAlert({ id: "a", state: "firing" }))],
  outboxRows: [anOutboxRow({ alertId: "a" })],
  targets: [pagerdutyTarget],
};

/** A ledger on a real store whose disk can be filled. */
class World {
  isDiskFull = false;
  readonly troubles: unknown[] = [];
  readonly ledger: AlertLedger;

  constructor(store: Store) {
    const { alerts, outbox, targets, unrecorded } = store;
    const refuseWhenFull = () => {
      if (this.isDiskFull) throw new Error("database or disk is full");
    };
    const guardedAlerts = {
      commit: (commit: Parameters<typeof alerts.commit>[0]) => {
        refuseWhenFull();
        return alerts.commit(commit);
      },
    };
    this.ledger = new AlertLedger({ alerts: guardedAlerts, outbox, targets, unrecorded }, (error) =>
      this.troubles.push(error),
    );
  }
}

describe("the ledger of alerts", () => {
  test("marks that alerts are in memory only before their pages leave, and unmarks when they are written", () => {
    using temporary = temporaryDirectory();
    using store = Store.open(temporary.path);
    const world = new World(store);
    world.ledger.commit(COMMIT);
    assert.equal(store.unrecorded.isSet, false, "nothing is amiss");
    world.isDiskFull = true;
    world.ledger.commit(COMMIT);
    assert.deepEqual([world.ledger.isBehind, store.unrecorded.isSet], [true, true]);
    world.isDiskFull = false;
    world.ledger.catchUp();
    assert.deepEqual([world.ledger.isBehind, store.unrecorded.isSet], [false, false]);
  });

  test("of the next process doubts what it found until it is told to trust it, however well the disk works", () => {
    using temporary = temporaryDirectory();
    const former = Store.open(temporary.path);
    former.unrecorded.set();
    former.close();
    using store = Store.open(temporary.path);
    const { ledger } = new World(store);
    ledger.commit(COMMIT);
    assert.deepEqual(
      [ledger.isFormerInDoubt, store.unrecorded.isSet],
      [true, true],
      "another crash must find the mark",
    );
    ledger.trustFormer();
    assert.deepEqual([ledger.isFormerInDoubt, store.unrecorded.isSet], [false, false]);
  });

  test("pages all the same when the mark cannot be written either", () => {
    using temporary = temporaryDirectory();
    const store = Store.open(temporary.path);
    const world = new World(store);
    store.unrecorded.close();
    world.isDiskFull = true;
    world.ledger.commit(COMMIT);
    assert.equal(world.ledger.pending(-1, 10).length, 1);
    assert.equal(world.troubles.length, 2, "the disk and the mark are both told of");
  });
});
