/** A scan over the endpoints of a service, and who looks like one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { KnownClients } from "../../src/core/alerts/patterns/known-clients.ts";
import { SCANNED_SERVICES_MAX, ScanningClients } from "../../src/core/alerts/patterns/scanning-clients.ts";
import type { Observation } from "../../src/core/extraction/observation.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/core/time.ts";
import { EngineWorld } from "../support/engine-world.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import type { SpanFacts } from "../support/trace-request.ts";

const RULES = ruleSetOf(`rules:
  - {id: http-401, match: {service: "*"}, count: {outcome: unauthenticated}, severity: error, keep_firing_for: 1m}
routes: [{notify: [log]}]
`);
const ROUTES = Array.from({ length: 16 }, (_, index) => `/v1/resource-${index}`);
const STRANGER = "198.51.100.9";

/** Fifty people at two requests a second, who use every endpoint. */
class Service {
  readonly world = new EngineWorld(RULES);
  #second = 0;

  constructor() {
    this.goOn(2 * HOUR_MS);
  }

  goOn(forMs: number, extra: (second: number) => readonly SpanFacts[] = () => []): this {
    for (let second = 0; second < forMs / SECOND_MS; second++) {
      this.#second += 1;
      this.world.pass(SECOND_MS);
      const client = `203.0.113.${(this.#second * 7) % 50}`;
      const usual = [0, 1].map((turn) => ({ route: routeAt(2 * this.#second + turn), client, status: 200 }));
      this.world.send([...usual, ...extra(second)]);
    }
    return this;
  }

  /** Of the alerts as they ended, once all is as usual again. */
  patterns(): ReadonlySet<string | null> {
    this.goOn(15 * MINUTE_MS);
    const ended = this.world.transitions().filter(({ kind }) => kind === "resolved");
    assert.ok(ended.length > 0, "there was an alert");
    return new Set(ended.map(({ alert }) => alert.evidence.pattern));
  }
}

function routeAt(index: number): string {
  return ROUTES[index % ROUTES.length] ?? "/";
}

/** Eight requests a second over all endpoints; `statusAt` says how the request fares. */
function tour(client: string, statusAt: (request: number) => number, routes = ROUTES.length) {
  return (second: number): readonly SpanFacts[] =>
    Array.from({ length: 8 }, (_, index) => {
      const request = second * 8 + index;
      return { route: routeAt(request % routes), client, status: statusAt(request) };
    });
}

test("a stranger that is refused all over a service in different ways is a scanner", () => {
  const service = new Service().goOn(
    5 * MINUTE_MS,
    tour(STRANGER, (request) => (request % 5 === 0 ? 403 : 401)),
  );
  assert.deepEqual(service.patterns(), new Set(["scanner"]));
});

test("the page of a scan advises on it", () => {
  const service = new Service().goOn(
    5 * MINUTE_MS,
    tour(STRANGER, (request) => (request % 5 === 0 ? 404 : 401)),
  );
  const updates = service.world.effects.flatMap((effect) =>
    effect.kind === "notify" ? [effect.notification.text.details] : [],
  );
  assert.ok(updates.some((details) => /try many endpoints/.test(String(details["for_the_person_on_call"]))));
});

test("a client whose session has expired is refused all over with 401 alone, and is none", () => {
  for (const client of ["203.0.113.3", STRANGER]) {
    const service = new Service().goOn(
      5 * MINUTE_MS,
      tour(client, () => 401),
    );
    assert.ok(!service.patterns().has("scanner"), client);
  }
});

test("a crawler that is let in at most doors is none", () => {
  const crawl = (request: number) => (request % 3 === 0 ? 401 : request % 7 === 0 ? 404 : 200);
  const service = new Service().goOn(10 * MINUTE_MS, tour(STRANGER, crawl));
  const patterns = service
    .goOn(
      2 * MINUTE_MS,
      tour(STRANGER, (request) => (request % 9 === 0 ? 404 : 401)),
    )
    .patterns();
  assert.ok(!patterns.has("scanner"));
});

test("a health check knocks at a few doors, and is none", () => {
  const service = new Service().goOn(
    5 * MINUTE_MS,
    tour(STRANGER, (request) => (request % 5 === 0 ? 403 : 401), 4),
  );
  assert.ok(!service.patterns().has("scanner"));
});

test("a scan is remembered for ten minutes after its last request, and of a bounded number of services", () => {
  const scans = new ScanningClients();
  const scan = (service: string, now: number): void => {
    for (let request = 0; request < 60; request++) {
      const [outcome, httpStatus] =
        request % 2 === 0 ? (["unauthenticated", 401] as const) : (["client_error", 404] as const);
      scans.noteRefusal(refusal({ service, id: request % 20, outcome, httpStatus }), new KnownClients(), now);
    }
  };
  scan("first", 0);
  assert.equal(scans.isScanning("first", 7, 10 * MINUTE_MS), true);
  assert.equal(scans.isScanning("first", 7, 11 * MINUTE_MS), false);
  assert.equal(scans.isScanning("second", 7, 0), false);
  for (let service = 0; service < SCANNED_SERVICES_MAX; service++) scan(`service-${service}`, 0);
  assert.equal(scans.isScanning("first", 7, 0), false);
});

type Refusal = Pick<Observation, "httpStatus" | "outcome"> & { readonly service: string; readonly id: number };

function refusal({ service, id, outcome, httpStatus }: Refusal): Observation {
  const names = { environment: "", namespace: "", method: "GET", route: `/r-${id}`, protocol: "http" as const };
  return {
    endpoint: { id, hash: id, name: `GET /r-${id}`, isOverflow: false, service, ...names },
    ...{ outcome, httpStatus, cause: null, grpcStatus: -1, weight: 1, client: 7, user: 0, session: 0, endedAt: 0 },
    traceId: () => "",
    spanId: () => "",
    attribute: () => undefined,
  };
}
