/** What must not wake anybody: ordinary life, and trouble that is not authentication failing. */
import { backlog, doubled, sampled, tailSampled } from "./delivery.ts";
import type { Recipe, ScenarioPlan } from "./scenario.ts";
import { drawWander, START } from "./scenario.ts";
import type { Span } from "./shapes.ts";
import { DAY_AND_WEEK, days, hours, minutes, product, pulses, recurring, surge } from "./shapes.ts";

type Write = Recipe["write"];

export const SILENT_SCENARIOS: readonly Recipe[] = [
  silent("steady-trickle", (plan, draw) => {
    plan.lasts(days(1));
    plan.signIns({ perSecond: draw.between(0.3, 2), ratio: draw.evenly(0.02, 0.12) });
    plan.apiCalls({ perSecond: draw.between(0.5, 3), ratio: draw.between(0.002, 0.06) });
  }),
  silent("day-and-week", (plan, draw) => {
    plan.lasts(days(14));
    plan.signIns({ perSecond: draw.between(0.05, 0.3), ratio: draw.evenly(0.02, 0.12), shape: DAY_AND_WEEK });
    plan.apiCalls({ perSecond: draw.between(0.05, 0.3), ratio: draw.between(0.002, 0.06), shape: DAY_AND_WEEK });
  }),
  silent("wander", (plan, draw) => {
    plan.lasts(days(1));
    plan.signIns({ perSecond: draw.between(0.5, 4), ratio: draw.evenly(0.02, 0.12), wander: drawWander(draw, 0.4) });
    plan.independentCalls({ perSecond: draw.between(0.5, 4), ratio: 0.06, wander: drawWander(draw, 0.4) });
  }),
  silent("push-wake-ups", (plan, draw) => {
    plan.lasts(hours(12));
    const shape = pulses(START, minutes(draw.evenly(30, 60)), minutes(draw.evenly(0.2, 0.6)));
    const ratio = draw.between(0.005, 0.06);
    const woken = draw.between(10, 40);
    plan.apiCalls({ perSecond: 2, ratio, shape: { max: 1 + woken, at: (time) => 1 + woken * shape.at(time) } });
  }),
  silent("one-per-minute", (plan, draw) => {
    plan.lasts(days(14));
    for (let index = 0; index < 10; index++) {
      const traffic = { route: `/tenant-${index}/login`, perSecond: 1 / 60, ratio: draw.evenly(0.02, 0.12) };
      if (index % 2 === 0) plan.signIns(traffic);
      else plan.signIns({ ...traffic, shape: DAY_AND_WEEK });
    }
  }),
  silent("twenty-a-day", (plan, draw) => {
    plan.lasts(days(30));
    for (let index = 0; index < 20; index++) {
      plan.signIns({ route: `/site-${index}/login`, perSecond: 20 / 86_400, ratio: draw.evenly(0.02, 0.12) });
    }
  }),
  silent("mistyping-ten-times", (plan, draw) => {
    plan.lasts(days(7));
    for (const [index, perDay] of [20, 200, 1440].entries()) {
      const traffic = { route: `/site-${index}/login`, perSecond: perDay / 86_400, ratio: draw.evenly(0.02, 0.12) };
      const login = plan.signIns(traffic);
      for (let day = 1; day < 7; day++) plan.mistyping(login, START + days(day) + hours(draw.evenly(0, 20)), 10);
    }
  }),
  silent("new-endpoints", (plan, draw) => {
    plan.lasts(hours(8));
    for (let index = 0; index < 12; index++) {
      const span = { ...plan.span, from: START + hours(draw.evenly(0, 6)) };
      const route = `/oauth-${index}/token`;
      plan.independentCalls({ route, perSecond: draw.between(0.01, 2), ratio: draw.evenly(0, 0.6), span });
    }
  }),
  silent("release-slightly-higher", (plan, draw) => {
    plan.lasts(days(1));
    const releasedAt = START + hours(12);
    const factor = draw.evenly(1.1, 1.35);
    plan.signIns({
      perSecond: draw.between(0.5, 3),
      ratio: draw.evenly(0.03, 0.1),
      oddsFactor: (time) => (time < releasedAt ? 1 : factor),
      version: (time) => (time < releasedAt ? "1.0.0" : "1.1.0"),
    });
  }),
  silent("surge-gradual", (plan, draw) => {
    const span = plannedSurge(plan);
    const shape = surge(span, draw.between(10, 40), minutes(15));
    plan.signIns({ perSecond: draw.between(0.3, 1.5), ratio: draw.evenly(0.03, 0.12), shape });
  }),
  silent("surge-instant", (plan, draw) => {
    const span = plannedSurge(plan);
    const shape = surge(span, draw.between(10, 40), 0);
    plan.signIns({ perSecond: draw.between(0.3, 1.5), ratio: draw.evenly(0.03, 0.12), shape });
  }),
  silent("healthy-traffic-gone", (plan, draw) => {
    plan.lasts(hours(14));
    const shape = surge(plan.part(hours(10), hours(2)), 0.1, 0);
    const perSecond = draw.between(2, 8);
    const orders = plan.apiCalls({ perSecond, ratio: 0.01, shape });
    // Pollers with dead tokens, who were there before.
    const pollers = { network: "program", addresses: 300, status: 401, span: plan.span } as const;
    plan.noise({ endpoints: [orders], perSecond: perSecond * draw.evenly(0.02, 0.05), ...pollers });
  }),
  ...[403, 404, 429, 500].map((status) =>
    silent(`flood-of-${status}`, (plan, draw) => {
      plan.lasts(hours(8));
      const login = plan.signIns({ perSecond: draw.between(0.3, 2), ratio: draw.evenly(0.02, 0.12) });
      const flood = { network: "scanner", addresses: draw.whole(1, 50), status } as const;
      const perSecond = draw.between(10, 60);
      plan.noise({ endpoints: [login], perSecond, span: plan.part(hours(6), minutes(15)), ...flood });
    }),
  ),
  silent("nightly-job", (plan, draw) => {
    plan.lasts(days(5));
    const perSecond = draw.between(0.1, 0.5);
    const job = recurring({ hour: 2, lastsMs: minutes(20), on: "every day" }, draw.between(10, 40));
    plan.apiCalls({ perSecond, ratio: draw.between(0.005, 0.04), shape: product(DAY_AND_WEEK, job) });
  }),
  silent("monday-rush", (plan, draw) => {
    plan.lasts(days(15));
    const when = { hour: 8, lastsMs: hours(2), on: "Mondays" } as const;
    const rush = recurring(when, draw.between(4, 10));
    const forgetful = recurring(when, draw.evenly(1, 1.3));
    const shape = product(DAY_AND_WEEK, rush);
    plan.signIns({ perSecond: 0.1, ratio: draw.evenly(0.03, 0.1), shape, oddsFactor: forgetful.at });
  }),
  silent("load-test", (plan, draw) => {
    plan.lasts(hours(8));
    const login = plan.signIns({ perSecond: draw.between(0.5, 3), ratio: draw.evenly(0.02, 0.12) });
    const test = { network: "job", addresses: 5, status: 200, span: plan.part(hours(6), minutes(15)) } as const;
    plan.noise({ endpoints: [login], perSecond: draw.between(50, 150), ...test });
  }),
  silent("dead-token", (plan, draw) => {
    plan.lasts(hours(8));
    const orders = plan.apiCalls({ perSecond: draw.between(1, 5), ratio: draw.between(0.002, 0.03) });
    const loop = { network: "program", addresses: 1, status: 401, span: plan.part(hours(6), hours(1)) } as const;
    plan.noise({ endpoints: [orders], perSecond: draw.between(0.5, 5), ...loop });
  }),
  silent("sampling-changes", (plan, draw) => {
    plan.lasts(hours(12));
    plan.signIns({ perSecond: draw.between(4, 10), ratio: draw.evenly(0.03, 0.12) });
    const shares = [1, 0.1, 0.5, 0.02] as const;
    plan.deliver(sampled((time) => shares[Math.floor((time - START) / hours(3))] ?? 1));
  }),
  silent("tail-sampling-begins", (plan, draw) => {
    plan.lasts(hours(12));
    plan.signIns({ perSecond: draw.between(1, 6), ratio: draw.evenly(0.02, 0.12) });
    plan.deliver(tailSampled(draw.between(0.02, 0.2), START + hours(8)));
  }),
  silent("doubled-spans", (plan, draw) => {
    plan.lasts(hours(12));
    plan.signIns({ perSecond: draw.between(0.5, 4), ratio: draw.evenly(0.02, 0.12) });
    plan.deliver(doubled(draw.evenly(0.1, 0.5), plan.part(hours(8), hours(1))));
  }),
  silent("backlog-at-once", (plan, draw) => {
    plan.lasts(hours(12));
    plan.signIns({ perSecond: draw.between(0.5, 4), ratio: draw.evenly(0.02, 0.12) });
    plan.deliver(backlog(plan.part(hours(9), minutes(draw.evenly(5, 30)))));
  }),
  silent("fleet", (plan, draw) => {
    plan.lasts(days(1));
    for (let index = 0; index < 300; index++) {
      const traffic = { service: `service-${index % 40}`, perSecond: draw.between(0.0002, 0.3), shape: DAY_AND_WEEK };
      if (index % 3 === 0) plan.signIns({ ...traffic, route: `/p${index}/login`, ratio: draw.evenly(0.02, 0.12) });
      else plan.apiCalls({ ...traffic, route: `/p${index}/items`, ratio: draw.between(0.002, 0.06) });
    }
  }),
];

export function silent(name: string, write: Write): Recipe {
  return { name, expectation: "silent", write };
}

function plannedSurge(plan: ScenarioPlan): Span {
  plan.lasts(hours(12));
  return plan.part(hours(8), hours(1));
}
