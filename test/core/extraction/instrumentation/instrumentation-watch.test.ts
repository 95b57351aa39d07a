import assert from "node:assert/strict";
import { test } from "node:test";
import { TALLIED_SERVICES_MAX } from "../../../../src/core/extraction/instrumentation/instrumentation-watch.ts";
import { LookGate } from "../../../../src/core/extraction/instrumentation/look-gate.ts";
import { fc } from "../../../support/properties.ts";
import type { AttributeValue } from "../span-requests.ts";
import { traceRequest } from "../span-requests.ts";
import { WatchedService } from "./watched-service.ts";

const KEYS = [
  ...["http.request.method", "http.method", "http.route", "next.route", "next.bubble", "url.path", "http.target"],
  ...["http.response.status_code", "http.status_code", "rpc.system", "rpc.method", "rpc.grpc.status_code"],
  ...["client.address", "network.peer.address", "http.request.header.x-forwarded-for", "component", "sampler.param"],
];
const VALUES = fc.oneof(
  fc.constantFrom<AttributeValue>("GET", "/", "/users/{id}", "/users/7", "*", "proxy", "10.0.0.1", "203.0.113.9", true),
  fc.integer({ min: -1, max: 600 }),
  fc.array(fc.string({ maxLength: 8 }), { maxLength: 3 }),
  fc.string({ maxLength: 20 }),
);

test("whatever is sent, a finding is about some of those that were looked at", () => {
  const change = fc.record({
    attributes: fc.dictionary(fc.constantFrom(...KEYS), VALUES, { maxKeys: 6 }),
    kind: fc.constantFrom("SERVER" as const, "INTERNAL" as const, "CLIENT" as const),
    name: fc.string({ maxLength: 12 }),
  });
  fc.assert(
    fc.property(change, change, (all, refused) => {
      for (const finding of new WatchedService().send(all, refused, 60).findings()) {
        assert.ok(finding.count > 0 && finding.count <= finding.of, JSON.stringify(finding));
        assert.ok(finding.seen !== "" && finding.cost !== "" && finding.remedy !== "");
      }
    }),
    { numRuns: 30 },
  );
});

test("services beyond the bound are counted together", () => {
  const service = new WatchedService();
  const named = (name: string, count = 1) =>
    service.world.sendBytes(
      traceRequest(
        Array.from({ length: count }, () =>
          service.sketch({
            resource: { "service.name": name },
            attributes: { "http.response.status_code": undefined },
          }),
        ),
      ),
    );
  for (let index = 0; index < TALLIED_SERVICES_MAX; index++) named(`s-${index}`);
  named("one-too-many", 60);
  const [finding] = service.findings();
  assert.deepEqual([finding?.code, finding?.service, finding?.of], ["status_missing", "(other services)", 60]);
});

test("of many spans in a minute one in 256 is looked at, and the next minute begins anew", () => {
  const gate = new LookGate();
  const lookedAt = (minute: number, count: number) =>
    Array.from({ length: count }, () => gate.admits(minute)).filter(Boolean).length;
  assert.equal(lookedAt(1, 128), 128);
  assert.equal(lookedAt(1, 256 * 100), 100);
  assert.equal(lookedAt(2, 100), 100);
  assert.equal(gate.seenCount, 128 + 256 * 100 + 100);
});
