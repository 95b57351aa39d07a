import assert from "node:assert/strict";
import { test } from "node:test";
import { NameTable, NO_ENDPOINT } from "../../../src/core/extraction/name-table.ts";
import { fc } from "../../support/properties.ts";

const SERVICES = [0, 1, 2, 3].map((index) => ({ index, hash: 1000 + index }));

const identity = fc.record({
  service: fc.constantFrom(...SERVICES),
  method: fc.constantFrom("GET", "POST", ""),
  route: fc.oneof(fc.constantFrom("/", "/login", "/é/{}"), fc.webPath()),
});

test("names that are added are found and read until they are removed, whatever comes and goes around them", () => {
  const step = fc.record({ isRemoval: fc.boolean(), identity });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(), (steps, hashSeed) => {
      const table = new NameTable(hashSeed);
      const known = new Map<string, number>();
      const freeIds: number[] = [];
      for (const { identity: names, isRemoval } of steps) {
        const key = JSON.stringify(names);
        const id = known.get(key);
        assert.equal(table.find(names), id ?? NO_ENDPOINT);
        if (id === undefined) {
          const next = freeIds.pop() ?? known.size;
          table.add(next, names);
          known.set(key, next);
        } else if (isRemoval) {
          table.remove(id);
          known.delete(key);
          freeIds.push(id);
        }
        for (const [text, expected] of known) assert.equal(textOf(table, expected), text);
      }
    }),
    { numRuns: 200 },
  );
});

test("the same names have the same hash in another table of the same secret, in whatever order they come", () => {
  fc.assert(
    fc.property(fc.uniqueArray(identity, { selector: (names) => JSON.stringify(names) }), fc.nat(), (all, hashSeed) => {
      const hashes = (order: typeof all) => {
        const table = new NameTable(hashSeed);
        for (const [id, names] of order.entries()) table.add(id, names);
        return order.map((_, id) => table.hashOf(id));
      };
      assert.deepEqual(hashes([...all].reverse()).reverse(), hashes(all));
    }),
  );
});

test("ten thousand names fill several chunks and are all found", () => {
  const table = new NameTable(5);
  const service = { index: 1, hash: 7 };
  const routes = Array.from({ length: 10_000 }, (_, index) => `/a/long/route/that/takes/some/room/${index}`);
  for (const [id, route] of routes.entries()) table.add(id, { service, method: "GET", route });
  for (let id = 0; id < routes.length; id += 2) table.remove(id);
  for (const [id, route] of routes.entries()) {
    assert.equal(table.find({ service, method: "GET", route }), id % 2 === 0 ? NO_ENDPOINT : id);
    if (id % 2 === 1) assert.equal(table.routeOf(id), route);
  }
});

function textOf(table: NameTable, id: number): string {
  return JSON.stringify({
    service: SERVICES[table.serviceIndexOf(id)],
    method: table.methodOf(id),
    route: table.routeOf(id),
  });
}
