import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Verdict } from "../../src/core/alerts/delivery-policy.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/core/time.ts";
import { DELIVERED, DeliveryWorld, down, hang, REFUSED } from "../support/delivery-world.ts";
import { settled } from "../support/virtual-scheduler.ts";

describe("a page", () => {
  test("leaves before wake returns", () => {
    const world = new DeliveryWorld().start();
    world.put("trigger a");
    assert.deepEqual(world.names(), ["trigger a"]);
  });

  test("is sent once, noted as delivered and not late", async () => {
    const world = new DeliveryWorld().start();
    world.put("trigger a");
    await world.time.advance(HOUR_MS);
    assert.deepEqual(world.names(), ["trigger a"]);
    assert.equal(world.stateOf("trigger a"), "delivered");
    assert.equal(world.sent[0]?.lateByMs, null);
    assert.equal(world.time.timerCount, 0);
  });

  test("never overtakes another of its alert, and never waits for one of another", async () => {
    const world = new DeliveryWorld().start();
    const trigger = Promise.withResolvers<Verdict>();
    world.answer = ({ row }) => (row.action === "trigger" && row.alertId === "a" ? trigger.promise : DELIVERED);
    world.put("trigger a", "resolve a", "trigger b");
    await settled();
    assert.deepEqual(world.names(), ["trigger a", "trigger b"]);
    trigger.resolve(DELIVERED);
    await settled();
    assert.deepEqual(world.names(), ["trigger a", "trigger b", "resolve a"]);
  });

  test("follows its trigger as soon as that is delivered", async () => {
    const world = new DeliveryWorld().start();
    world.put("trigger a", "resolve a");
    await settled();
    assert.deepEqual(world.names(), ["trigger a", "resolve a"]);
  });

  test("says how late it is", async () => {
    const world = new DeliveryWorld().start();
    world.answer = () => down();
    world.put("trigger a");
    await world.time.advance(47 * MINUTE_MS);
    world.answer = () => DELIVERED;
    await world.time.advance(MINUTE_MS);
    assert.ok((world.sent.at(-1)?.lateByMs ?? 0) >= 46 * MINUTE_MS);
  });

  test("is given up after a day, and somebody is told", async () => {
    const world = new DeliveryWorld().start();
    world.answer = () => down();
    world.put("trigger a");
    await world.time.advance(25 * HOUR_MS);
    assert.equal(world.stateOf("trigger a"), "dead");
    assert.deepEqual(world.abandoned, ["trigger a: it could not be delivered in time"]);
    assert.equal(world.time.timerCount, 0);
  });
});

describe("an outage of an hour", () => {
  test("costs at most 80 attempts a lane, and everything arrives in order within a minute of its end", async () => {
    const world = new DeliveryWorld().start();
    world.answer = () => down();
    world.put("trigger a");
    await world.time.advance(20 * MINUTE_MS);
    world.put("trigger b", "trigger c");
    await world.time.advance(40 * MINUTE_MS);
    for (const alertId of ["a", "b", "c"]) {
      assert.ok(world.sent.filter(({ row }) => row.alertId === alertId).length <= 80);
    }
    assert.ok(world.sent.length <= 85, `${world.sent.length} attempts`);
    const before = world.sent.length;
    world.answer = () => DELIVERED;
    await world.time.advance(MINUTE_MS);
    assert.deepEqual(world.names().slice(before).toSorted(), ["trigger a", "trigger b", "trigger c"]);
  });

  test("does not delay another target", async () => {
    const world = new DeliveryWorld().start();
    world.answer = ({ row }, signal) => (row.targetId === "pagerduty" ? hang(signal) : DELIVERED);
    world.put(...Array.from({ length: 60 }, (_, index) => `trigger alert${index}x`));
    await world.time.advance(MINUTE_MS);
    world.put("trigger z slack");
    assert.equal(world.names().at(-1), "trigger z");
    await settled();
    assert.equal(world.stateOf("trigger z"), "delivered");
  });

  test("does not hold back a page that has not been tried yet", async () => {
    const world = new DeliveryWorld().start();
    world.answer = ({ row }) => (row.alertId === "poison" ? down(500) : DELIVERED);
    world.put("trigger poison");
    await world.time.advance(30 * MINUTE_MS);
    world.put("trigger a");
    assert.equal(world.names().at(-1), "trigger a");
    await world.time.advance(30 * MINUTE_MS);
    assert.ok(world.sent.filter(({ row }) => row.alertId === "poison").length <= 85);
  });

  test("tries with one request at a time whether the receiver is back", async () => {
    const world = new DeliveryWorld().start();
    world.answer = () => down();
    world.put(...Array.from({ length: 15 }, (_, index) => `trigger alert${index}x`));
    await world.time.advance(HOUR_MS);
    // One first try each, and then one probe a minute for all of them together.
    assert.ok(world.sent.length <= 15 + 85, `${world.sent.length} attempts`);
    world.answer = () => DELIVERED;
    await world.time.advance(MINUTE_MS);
    assert.equal(new Set(world.deliveredIds()).size, 15);
  });

  test("an alert that fires and clears meanwhile sends its resolve alone", async () => {
    const world = new DeliveryWorld().start();
    world.answer = () => down();
    world.put("trigger a");
    await world.time.advance(10 * MINUTE_MS);
    world.put("resolve a");
    const before = world.sent.length;
    world.answer = () => DELIVERED;
    await world.time.advance(2 * MINUTE_MS);
    assert.deepEqual(world.names().slice(before), ["resolve a"]);
    assert.deepEqual(world.superseded, ["trigger a: its alert has resolved meanwhile"]);
  });

  test("a later episode of the same series follows in order", async () => {
    const world = new DeliveryWorld().start();
    world.answer = () => down();
    world.put("trigger a1", "resolve a1", "trigger a2");
    await world.time.advance(MINUTE_MS);
    const before = world.sent.length;
    world.answer = () => DELIVERED;
    await world.time.advance(2 * MINUTE_MS);
    assert.deepEqual(world.names().slice(before), ["resolve a1", "trigger a2"]);
  });
});

describe("a receiver that asks for rest", () => {
  test("gets it for all lanes, new pages too, and nobody else is concerned", async () => {
    const world = new DeliveryWorld().start();
    world.answer = ({ row }) => (row.targetId === "pagerduty" ? down(429, 30_000) : DELIVERED);
    world.put("trigger a");
    await settled();
    world.answer = () => DELIVERED;
    await world.time.advance(5_000);
    world.put("trigger b", "trigger c slack");
    await world.time.advance(24_999);
    assert.deepEqual(world.names(), ["trigger a", "trigger c"]);
    await world.time.advance(1);
    assert.deepEqual(world.names().slice(2).toSorted(), ["trigger a", "trigger b"]);
    assert.ok(world.elapsed.slice(2).every((at) => at === 30_000));
  });

  test("is held off after a 429 that does not say for how long", async () => {
    const world = new DeliveryWorld().start();
    world.answer = () => down(429);
    world.put("trigger a");
    await settled();
    world.put("trigger b");
    assert.deepEqual(world.names(), ["trigger a"]);
    world.answer = () => DELIVERED;
    await world.time.advance(1_000);
    assert.equal(world.sent.length, 3);
  });

  test("a thousand pages at once go out within the limit of 120 a minute", async () => {
    const world = new DeliveryWorld().start();
    world.put(...Array.from({ length: 1_000 }, (_, index) => `trigger alert${index}x`));
    await world.time.advance(10 * MINUTE_MS);
    assert.equal(world.sent.length, 1_000);
    const times = world.elapsed;
    for (const [index, at] of times.entries()) {
      assert.ok((times[index + 120] ?? Number.POSITIVE_INFINITY) - at >= MINUTE_MS);
    }
  });
});

describe("a refusal", () => {
  test("is not tried again, is visible, and does not block what follows", async () => {
    const world = new DeliveryWorld().start();
    world.answer = ({ row }) => (row.alertId === "a1" ? REFUSED : DELIVERED);
    world.put("trigger a1", "resolve a1", "trigger a2", "trigger b");
    await world.time.advance(HOUR_MS);
    assert.deepEqual(world.names().toSorted(), ["trigger a1", "trigger a2", "trigger b"]);
    assert.equal(world.stateOf("trigger a1"), "dead");
    assert.deepEqual(world.abandoned, ["trigger a1: invalid event"]);
    assert.deepEqual(world.superseded, ["resolve a1: its trigger was refused, so no incident is open"]);
  });

  test("after an answer that was lost does not keep the resolve back", async () => {
    const world = new DeliveryWorld().start();
    world.answer = () => (world.sent.length === 1 ? down(null) : REFUSED);
    world.put("trigger a");
    await world.time.advance(MINUTE_MS);
    world.answer = () => DELIVERED;
    world.put("resolve a");
    await settled();
    assert.equal(world.stateOf("resolve a"), "delivered");
  });
});

describe("after a crash", () => {
  test("what was pending is sent again", async () => {
    const first = new DeliveryWorld().start();
    first.answer = (_, signal) => hang(signal);
    first.put("trigger a");
    await first.time.advance(1_000);
    const second = new DeliveryWorld(first).start();
    await settled();
    assert.deepEqual(second.names(), ["trigger a"]);
    assert.equal(second.stateOf("trigger a"), "delivered");
  });

  test("a trigger in doubt is passed over when its alert is over", async () => {
    const first = new DeliveryWorld().start();
    first.answer = (_, signal) => hang(signal);
    first.put("trigger a", "resolve a");
    await first.time.advance(1_000);
    const second = new DeliveryWorld(first).start();
    await settled();
    assert.deepEqual(second.names(), ["resolve a"]);
  });

  test("a trigger whose delivery could not be noted does not follow its resolve", async () => {
    const first = new DeliveryWorld().start();
    first.put("trigger a");
    first.outbox.isBroken = true;
    await settled();
    first.outbox.isBroken = false;
    assert.equal(first.stateOf("trigger a"), "pending", "the note was lost");
    first.put("resolve a");
    await settled();
    await first.time.advance(1_000);
    const second = new DeliveryWorld(first).start();
    await settled();
    assert.deepEqual(second.names(), []);
    assert.equal(second.stateOf("trigger a"), "superseded");
  });

  test("steps of the wall clock change nothing", async () => {
    const world = new DeliveryWorld().start();
    world.answer = () => down();
    world.put("trigger a");
    world.time.stepWall(-HOUR_MS);
    await world.time.advance(10_000);
    world.time.stepWall(2 * HOUR_MS);
    world.answer = () => DELIVERED;
    await world.time.advance(MINUTE_MS);
    assert.equal(world.stateOf("trigger a"), "delivered");
    assert.deepEqual(world.abandoned, []);
  });
});

describe("trouble of our own", () => {
  test("a store that fails keeps no page back", async () => {
    const world = new DeliveryWorld().start();
    world.answer = () => {
      world.outbox.isBroken = true;
      return DELIVERED;
    };
    world.put("trigger a", "resolve a");
    await settled();
    assert.deepEqual(world.names(), ["trigger a", "resolve a"]);
    assert.ok(world.troubles.length > 0);
  });

  test("a sender that throws is tried again", async () => {
    const world = new DeliveryWorld().start();
    world.answer = () => {
      throw new Error("a mistake");
    };
    world.put("trigger a");
    await settled();
    world.answer = () => DELIVERED;
    await world.time.advance(MINUTE_MS);
    assert.equal(world.stateOf("trigger a"), "delivered");
    assert.match(world.outbox.attempts[0]?.reason ?? "", /the sender failed: a mistake/);
  });
});

describe("stopping", () => {
  test("sends what may leave, including what follows it, and returns", async () => {
    const world = new DeliveryWorld().start();
    world.put("trigger a", "resolve a");
    await world.delivery.drain(10_000);
    assert.deepEqual(world.names(), ["trigger a", "resolve a"]);
    assert.equal(world.time.timerCount, 0);
  });

  test("cuts off what hangs at the deadline and leaves it for the next start", async () => {
    const world = new DeliveryWorld().start();
    world.answer = (_, signal) => hang(signal);
    world.put(...Array.from({ length: 50 }, (_, index) => `trigger alert${index}x`));
    const drained = world.delivery.drain(10_000);
    await world.time.advance(10_000);
    await drained;
    assert.equal(world.time.timerCount, 0);
    const next = new DeliveryWorld(world).start();
    await next.time.advance(2 * MINUTE_MS);
    assert.equal(new Set(next.deliveredIds()).size, 50);
  });

  test("does not wait for what has to wait", async () => {
    const world = new DeliveryWorld().start();
    world.answer = () => down();
    world.put("trigger a");
    await settled();
    await world.delivery.drain(10_000);
    assert.equal(world.stateOf("trigger a"), "pending");
    assert.equal(world.sent.length, 1);
  });
});
