/**
 * Whatever the network and the process do, people are paged once for an episode and never left with
 * an incident that nobody closes.
 *
 * The receiver is a model of PagerDuty: one open incident per dedup key, resolves without an incident
 * ignored. Answers get lost after the event was taken, and the process dies at any moment.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Verdict } from "../../src/core/alerts/delivery-policy.ts";
import { HOUR_MS } from "../../src/core/time.ts";
import type { OutboxRow } from "../../src/service/outbox.ts";
import { DELIVERED, DeliveryWorld, down, hang } from "../support/delivery-world.ts";
import { fc } from "../support/properties.ts";

const FATES = ["taken", "taken", "answer lost", "unavailable", "busy", "hangs", "hangs once taken"] as const;
type Fate = (typeof FATES)[number];

class Incidents {
  readonly #open = new Map<string, string>();
  /** Ids of alerts, once for each incident that was opened for them. */
  readonly opened: string[] = [];

  take({ action, dedupKey, alertId }: OutboxRow): void {
    if (action === "resolve") this.#open.delete(dedupKey);
    else if (!this.#open.has(dedupKey)) {
      this.#open.set(dedupKey, alertId);
      this.opened.push(alertId);
    }
  }

  get open(): readonly string[] {
    return [...this.#open.values()].toSorted();
  }
}

function answer(fate: Fate, row: OutboxRow, incidents: Incidents, signal: AbortSignal): Verdict | Promise<Verdict> {
  if (fate === "taken" || fate === "answer lost" || fate === "hangs once taken") incidents.take(row);
  switch (fate) {
    case "taken":
      return DELIVERED;
    case "answer lost":
      return down(null);
    case "unavailable":
      return down(503);
    case "busy":
      return down(429, 5_000);
    case "hangs":
    case "hangs once taken":
      return hang(signal);
  }
}

const steps = fc.array(
  fc.record({
    what: fc.constantFrom("a", "b", "c", "crash", "wait"),
    waitMs: fc.constantFrom(0, 500, 3_000, 20_000, 700_000),
  }),
  { maxLength: 25 },
);

test("each episode opens at most one incident, and only alerts that still fire keep theirs open", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.array(fc.constantFrom(...FATES), { maxLength: 60 }), async (timeline, fates) => {
      const incidents = new Incidents();
      const fatesLeft = [...fates];
      const prepare = (world: DeliveryWorld): DeliveryWorld => {
        world.answer = ({ row }, signal) => answer(fatesLeft.shift() ?? "taken", row, incidents, signal);
        return world.start();
      };
      let world = prepare(new DeliveryWorld());
      const firing = new Map<string, number>();
      let episodes = 0;
      for (const { what, waitMs } of timeline) {
        if (what === "crash") {
          world.crash();
          world = prepare(new DeliveryWorld(world));
        } else if (what !== "wait") {
          const episode = firing.get(what);
          if (episode === undefined) firing.set(what, ++episodes);
          else firing.delete(what);
          world.put(episode === undefined ? `trigger ${what}${episodes}` : `resolve ${what}${episode}`);
        }
        await world.time.advance(waitMs);
      }
      world.crash();
      fatesLeft.length = 0;
      world = prepare(new DeliveryWorld(world));
      await world.time.advance(2 * HOUR_MS);

      assert.equal(new Set(incidents.opened).size, incidents.opened.length, "somebody was paged twice");
      assert.deepEqual(incidents.open, [...firing].map(([name, episode]) => `${name}${episode}`).toSorted());
      assert.equal(world.outbox.pending(0, 1_000).length, 0);
    }),
    { numRuns: 200 },
  );
});
