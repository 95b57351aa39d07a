/**
 * What the shipped rules make of traffic that is not even: each test is a behaviour that somebody on call
 * relies on. Traffic is drawn by the benchmark's sources and judged by the whole engine.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/core/time.ts";
import { AUTHSPIKE } from "../bench/detection/authspike-entrant.ts";
import type { Page } from "../bench/detection/contestant.ts";
import { backlog, late, sampled, tailSampled, wrongClock } from "../bench/detection/delivery.ts";
import { Draw } from "../bench/detection/draw.ts";
import type { BenchEndpoint } from "../bench/detection/request.ts";
import type { ScenarioPlan, TrafficOptions } from "../bench/detection/scenario.ts";
import { START, writeScenario } from "../bench/detection/scenario.ts";
import { openedIncidents } from "../bench/detection/score.ts";
import { days, hours, linearRamp, minutes, pulses, surge } from "../bench/detection/shapes.ts";

type Write = (plan: ScenarioPlan) => void;

const SEEDS = [1, 2] as const;

/** Pages that wake somebody. */
function pagesOf(write: Write, seed: number): readonly Page[] {
  const scenario = writeScenario(
    { name: "hard-traffic", expectation: "silent", write },
    new Draw(seed, "hard-traffic"),
  );
  const contestant = AUTHSPIKE.enter(scenario);
  for (const request of scenario.stream()) contestant.observe(request);
  return openedIncidents(contestant.finish());
}

function assertSilent(write: Write): void {
  for (const seed of SEEDS) assert.deepEqual(pagesOf(write, seed), [], `seed ${seed}`);
}

/** One page, so soon after `after`, that closes by itself. */
function assertPaged(write: Write, { after, within }: { readonly after: number; readonly within: number }): void {
  for (const seed of SEEDS) {
    const pages = pagesOf(write, seed);
    const [first] = pages;
    assert.equal(pages.length, 1, `seed ${seed}: ${pages.length} pages`);
    assert.ok(first !== undefined && first.resolvedAt !== null);
    const delayMs = first.firedAt - (START + after);
    assert.ok(delayMs >= 0 && delayMs <= within, `seed ${seed}: ${delayMs / SECOND_MS} s`);
  }
}

const LOGIN = { perSecond: 1, ratio: 0.05 } as const;
const AT = hours(6);

/** A login that has been known for six hours by then. */
function login(plan: ScenarioPlan, options: Partial<TrafficOptions> = {}): readonly BenchEndpoint[] {
  plan.lasts(hours(8));
  return [plan.signIns({ ...LOGIN, ...options })];
}

function attack(plan: ScenarioPlan, on: readonly BenchEndpoint[], at: number, perSecond = 1): void {
  plan.attack({ on, span: plan.part(at, minutes(15)), perSecond, addresses: 400 });
}

test("healthy traffic that falls to a tenth while dead pollers stay is silent", () => {
  assertSilent((plan) => {
    plan.lasts(hours(9));
    const shape = surge(plan.part(AT, hours(2)), 0.1, 0);
    const orders = plan.apiCalls({ perSecond: 3, ratio: 0.01, shape });
    plan.noise({
      endpoints: [orders],
      network: "program",
      addresses: 300,
      status: 401,
      perSecond: 0.1,
      span: plan.span,
    });
  });
});

test("an attack on traffic that has fallen to a tenth pages within a minute", () => {
  assertPaged(
    (plan) => {
      const on = login(plan, { shape: surge({ from: START + AT, to: START + AT + hours(2) }, 0.1, 0) });
      attack(plan, on, AT + hours(1));
    },
    { after: AT + hours(1), within: MINUTE_MS },
  );
});

for (const [how, rampMs] of [
  ["at once", 0],
  ["within ten minutes", minutes(10)],
] as const) {
  test(`a surge of thirty times the traffic ${how} is silent, and so is its end`, () => {
    assertSilent((plan) => {
      login(plan, { perSecond: 0.3, shape: surge({ from: START + AT, to: START + AT + hours(1) }, 30, rampMs) });
    });
  });
}

test("an attack inside a surge pages", () => {
  assertPaged(
    (plan) => {
      const on = login(plan, { perSecond: 0.3, shape: surge({ from: START + AT, to: START + AT + hours(2) }, 15, 0) });
      attack(plan, on, AT + hours(1), 5);
    },
    { after: AT + hours(1), within: MINUTE_MS },
  );
});

test("a release after which a fifth more fails is silent", () => {
  assertSilent((plan) => {
    login(plan, {
      oddsFactor: (time) => (time < START + AT ? 1 : 1.2),
      version: (time) => (time < START + AT ? "1.0.0" : "1.1.0"),
    });
  });
});

test("a release after which six times as many fail for good is one page, and it closes", () => {
  assertPaged(
    (plan) => {
      login(plan, {
        oddsFactor: (time) => (time < START + AT ? 1 : 6),
        version: (time) => (time < START + AT ? "1.0.0" : "2.0.0"),
      });
    },
    { after: AT, within: 10 * MINUTE_MS },
  );
});

test("an attack right after a release pages: a new version explains, and excuses nothing", () => {
  assertPaged(
    (plan) => {
      const on = login(plan, { version: (time) => (time < START + AT ? "1.0.0" : "1.1.0") });
      attack(plan, on, AT + minutes(1));
    },
    { after: AT + minutes(1), within: MINUTE_MS },
  );
});

test("an attack that grows over three hours pages before it has reached its height", () => {
  for (const seed of SEEDS) {
    const [first] = pagesOf((plan) => {
      const on = login(plan);
      const span = plan.part(hours(5), hours(3));
      plan.attack({ on, span, shape: linearRamp(span), perSecond: 2, addresses: 500 });
    }, seed);
    assert.ok(first !== undefined && first.firedAt < START + hours(6.5), `seed ${seed}`);
  }
});

test("pulses half an hour apart page with the first, and none is told as often as it comes", () => {
  for (const seed of SEEDS) {
    const pages = pagesOf((plan) => {
      const on = login(plan);
      const span = plan.part(AT, hours(2));
      const shape = pulses(span.from, minutes(30), minutes(5));
      plan.attack({ on, span, shape, perSecond: 2, addresses: 300 });
    }, seed);
    const [first] = pages;
    assert.ok(first !== undefined && first.firedAt < START + AT + MINUTE_MS, `seed ${seed}`);
    assert.ok(pages.length < 4, `seed ${seed}: ${pages.length} pages for four pulses`);
  }
});

test("sampling that begins, changes and ends is silent", () => {
  assertSilent((plan) => {
    login(plan, { perSecond: 4 });
    const shares = [1, 0.1, 0.02, 0.5] as const;
    plan.deliver(sampled((time) => shares[Math.floor((time - START) / hours(2))] ?? 1));
  });
});

test("tail sampling that keeps all errors and a twentieth of the rest is silent from its first moment on", () => {
  assertSilent((plan) => {
    login(plan, { perSecond: 3 });
    plan.deliver(tailSampled(0.05, START + AT));
  });
});

test("an attack of which one request in twenty is seen pages", () => {
  assertPaged(
    (plan) => {
      const on = login(plan, { perSecond: 10 });
      attack(plan, on, AT, 20);
      plan.deliver(sampled(() => 0.05));
    },
    { after: AT, within: 2 * MINUTE_MS },
  );
});

test("an attack under tail sampling pages", () => {
  assertPaged(
    (plan) => {
      const on = login(plan, { perSecond: 3 });
      attack(plan, on, AT, 3);
      plan.deliver(tailSampled(0.05, START));
    },
    { after: AT, within: MINUTE_MS },
  );
});

test("spans that come up to a minute late and in any order are silent, and an attack among them pages", () => {
  const delivered = (plan: ScenarioPlan) => plan.deliver(late(MINUTE_MS));
  assertSilent((plan) => {
    login(plan);
    delivered(plan);
  });
  assertPaged(
    (plan) => {
      attack(plan, login(plan), AT);
      delivered(plan);
    },
    { after: AT, within: 2 * MINUTE_MS },
  );
});

test("half an hour's backlog that is delivered at once is silent", () => {
  assertSilent((plan) => {
    login(plan);
    plan.deliver(backlog(plan.part(AT, minutes(30))));
  });
});

for (const [name, offsetMs] of [
  ["an hour slow", -HOUR_MS],
  ["an hour fast", HOUR_MS],
  ["a year slow", -days(365)],
] as const) {
  test(`a replica whose clock is ${name} changes no page`, () => {
    const attacked: Write = (plan) => attack(plan, login(plan), AT);
    const withWrongClock: Write = (plan) => {
      attacked(plan);
      plan.deliver(wrongClock(0.25, offsetMs));
    };
    const pages = pagesOf(attacked, 1);
    assert.equal(pages.length, 1);
    assert.deepEqual(pagesOf(withWrongClock, 1), pages);
  });
}

test("an endpoint that is silent for two days and comes back as it was is silent", () => {
  assertSilent((plan) => {
    plan.lasts(days(3));
    for (const span of [plan.part(0, hours(8)), plan.part(hours(56), hours(6))]) plan.signIns({ ...LOGIN, span });
  });
});

test("an attack on an endpoint that has been silent for two days pages", () => {
  assertPaged(
    (plan) => {
      plan.lasts(days(3));
      const on = [plan.signIns({ ...LOGIN, span: plan.part(0, hours(8)) })];
      attack(plan, on, hours(56));
    },
    { after: hours(56), within: MINUTE_MS },
  );
});

test("an alarm on an endpoint that falls silent closes within half an hour", () => {
  for (const seed of SEEDS) {
    const [page] = pagesOf((plan) => {
      plan.lasts(hours(9));
      const on = [plan.signIns({ ...LOGIN, span: plan.part(0, AT + minutes(15)) })];
      attack(plan, on, AT);
    }, seed);
    const end = START + AT + minutes(15);
    assert.ok(page?.resolvedAt != null && page.resolvedAt < end + 30 * MINUTE_MS, `seed ${seed}`);
  }
});
