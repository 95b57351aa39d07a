import assert from "node:assert/strict";
import { test } from "node:test";
import type { Checkpoint } from "../../src/core/engine.ts";
import { Engine } from "../../src/core/engine.ts";
import { MINUTE_MS, SECOND_MS } from "../../src/core/time.ts";
import { CheckpointRounds } from "../../src/service/checkpoint-rounds.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import { traceRequest } from "../support/trace-request.ts";
import { VirtualScheduler } from "../support/virtual-scheduler.ts";

const RULES = ruleSetOf(
  'rules: [{id: http-401, match: {service: "*"}, count: {outcome: unauthenticated}}]\nroutes: [{notify: [log]}]\n',
);
const ROUTES = Array.from(
  { length: 120 },
  (_, index) => `/api/${[...String(index)].map((d) => "abcdefghij"[Number(d)]).join("")}`,
);

test("a round writes every series that has changed, in small transactions, and the next one nothing", async () => {
  const world = new RoundsWorld();
  world.request(ROUTES, 401);
  await world.time.advance(MINUTE_MS);
  assert.deepEqual(
    world.writes.map(({ length }) => length),
    // First comes the block in which they were before they failed: with its names it counts for eight.
    [43, 50, 28],
  );
  assert.equal(world.roundCount, 2);
});

test("the series behind an alert is written at once and alone", async () => {
  const world = new RoundsWorld();
  world.request(ROUTES);
  await world.attack("/api/a");
  assert.equal(world.alertCount, 1);
  assert.deepEqual(world.writes.map(seriesRoutes), [["/api/a"]]);
});

test("what the store refuses is written by the next round", async () => {
  const world = new RoundsWorld();
  world.request(ROUTES, 401);
  world.isDiskFull = true;
  await world.time.advance(31 * SECOND_MS);
  assert.equal(world.failureCount, 1);
  world.isDiskFull = false;
  await world.time.advance(MINUTE_MS);
  assert.deepEqual(world.writes.flatMap(seriesRoutes).toSorted(), ROUTES.toSorted());
  assert.deepEqual(world.writes.flatMap(blockRoutes).toSorted(), ROUTES.toSorted());
});

test("series that have never failed are written as one block, and their names once", async () => {
  const world = new RoundsWorld();
  world.request(ROUTES);
  await world.time.advance(MINUTE_MS);
  assert.deepEqual(world.writes.flatMap(blockRoutes), ROUTES);
  world.request(ROUTES);
  await world.time.advance(MINUTE_MS);
  assert.deepEqual(
    world.writes.flat().flatMap((checkpoint) => (checkpoint.kind === "block" ? checkpoint.names === null : [])),
    [false, true],
  );
});

test("finishing writes everything at once and ends the rounds", async () => {
  const world = new RoundsWorld();
  world.request(ROUTES, 401);
  world.rounds.finish();
  const written = world.writes.flat().length;
  assert.equal(written, ROUTES.length + 1);
  world.request(ROUTES);
  await world.time.advance(MINUTE_MS);
  assert.equal(world.writes.flat().length, written);
});

function seriesRoutes(checkpoints: readonly Checkpoint[]): readonly string[] {
  return checkpoints.flatMap((checkpoint) => (checkpoint.kind === "series" ? checkpoint.endpoint.route : []));
}

function blockRoutes(checkpoints: readonly Checkpoint[]): readonly string[] {
  return checkpoints.flatMap((checkpoint) =>
    checkpoint.kind === "block" ? (checkpoint.names ?? { endpoints: [] }).endpoints.map(([, , route]) => route) : [],
  );
}

class RoundsWorld {
  readonly time = new VirtualScheduler();
  readonly engine = new Engine({ clientKey: [1, 2, 3, 4], endpointsPerServiceMax: 1000, endpointsMax: 10_000 }, RULES);
  readonly writes: (readonly Checkpoint[])[] = [];
  readonly rounds: CheckpointRounds;
  isDiskFull = false;
  roundCount = 0;
  failureCount = 0;
  alertCount = 0;

  constructor() {
    this.rounds = new CheckpointRounds({
      engine: this.engine,
      store: { save: (checkpoints) => this.#save(checkpoints), remove: () => {}, restore: () => [] },
      clock: this.time,
      schedule: this.time.schedule,
      onSaved: () => {},
      onRoundEnded: () => {
        this.roundCount += 1;
      },
      onFailed: () => {
        this.failureCount += 1;
      },
    });
    this.rounds.start();
  }

  request(routes: readonly string[], status = 200, client = "203.0.113.7"): void {
    const spans = routes.map((route) => ({ route, status, client }));
    const result = this.engine.ingest(traceRequest(spans), this.time.now());
    if (result.kind === "ingested" && result.isUrgent) this.#tick();
  }

  /** Failures until an alert fires, a tenth of a second apart, all before the first round. */
  async attack(route: string): Promise<void> {
    for (let request = 0; request < 200 && this.alertCount === 0; request++) {
      this.request([route], 401, `203.0.113.${request}`);
      await this.time.advance(100);
    }
  }

  #tick(): void {
    const effects = this.engine.tick(this.time.now());
    this.alertCount += effects.filter(({ kind }) => kind === "record").length;
    if (effects.length === 0) return;
    const before = this.writes.length;
    this.rounds.alertsChanged();
    assert.equal(this.writes.length, before + 1, "written before anything else can happen");
  }

  #save(checkpoints: Iterable<Checkpoint>): void {
    if (this.isDiskFull) throw new Error("database or disk is full");
    this.writes.push([...checkpoints]);
  }
}
