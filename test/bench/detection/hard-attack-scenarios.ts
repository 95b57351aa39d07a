/** Attacks by what goes on around them, and by what reaches us of them. */
import { attacked, login, strike } from "./attack-scenarios.ts";
import { behindOneAddress, late, sampled, tailSampled, withoutClients, wrongClock } from "./delivery.ts";
import type { Recipe } from "./scenario.ts";
import { drawWander, START } from "./scenario.ts";
import { DAY_AND_WEEK, days, hours, minutes, surge } from "./shapes.ts";

export const HARD_ATTACK_SCENARIOS: readonly Recipe[] = [
  attacked("inside-a-surge", (plan, draw) => {
    plan.lasts(hours(10));
    const shape = surge(plan.part(hours(6), hours(2)), draw.between(10, 20), minutes(10));
    const perSecond = draw.between(0.3, 1);
    const on = [plan.signIns({ perSecond, ratio: draw.evenly(0.02, 0.12), shape })];
    const attack = { perSecond: perSecond * draw.between(5, 40), addresses: draw.whole(10, 2_000) };
    plan.attack({ on, span: plan.part(hours(7), minutes(15)), ...attack });
  }),
  attacked("inside-a-trough", (plan, draw) => {
    plan.lasts(days(4));
    const on = [plan.signIns({ perSecond: 0.3, ratio: draw.evenly(0.02, 0.12), shape: DAY_AND_WEEK })];
    const span = plan.part(days(3) + hours(2), minutes(draw.evenly(20, 60)));
    plan.attack({ on, span, perSecond: draw.between(0.1, 2), addresses: draw.whole(20, 500) });
  }),
  attacked("during-a-traffic-drop", (plan, draw) => {
    plan.lasts(hours(10));
    const shape = surge(plan.part(hours(6), hours(2)), 0.1, 0);
    const on = [plan.signIns({ perSecond: draw.between(1, 4), ratio: draw.evenly(0.02, 0.12), shape })];
    const attack = { perSecond: draw.between(1, 10), addresses: draw.whole(20, 1_000) };
    plan.attack({ on, span: plan.part(hours(6.5), minutes(15)), ...attack });
  }),
  attacked("wandering-endpoint", (plan, draw) => {
    plan.lasts(hours(16));
    const traffic = { perSecond: draw.between(1, 4), ratio: draw.evenly(0.03, 0.1), wander: drawWander(draw, 0.4) };
    const on = [plan.signIns(traffic)];
    const attack = { perSecond: traffic.perSecond * draw.between(0.5, 5), addresses: draw.whole(20, 2_000) };
    plan.attack({ on, span: plan.part(hours(14), minutes(20)), ...attack });
  }),
  attacked("45-percent-baseline", (plan, draw) => {
    plan.lasts(hours(9));
    const perSecond = draw.between(0.5, 3);
    const on = [plan.independentCalls({ perSecond, ratio: 0.45 })];
    const attack = { perSecond: perSecond * draw.between(2, 20), addresses: draw.whole(20, 2_000) };
    plan.attack({ on, span: plan.part(hours(7), minutes(20)), ...attack });
  }),
  attacked("zero-baseline", (plan, draw) => {
    plan.lasts(hours(8));
    const on = [plan.independentCalls({ perSecond: draw.between(0.2, 3), ratio: 0 })];
    strike(plan, draw, { on, minutes: [10, 20], perSecond: [0.1, 5], addresses: [5, 500] });
  }),
  attacked("first-request-ever", (plan, draw) => {
    plan.lasts(hours(2));
    const span = plan.part(minutes(1), minutes(20));
    const on = [plan.signIns({ perSecond: draw.between(0.05, 0.5), ratio: draw.evenly(0.02, 0.12) })];
    plan.attack({ on, span, perSecond: draw.between(2, 20), addresses: draw.whole(5, 2_000) });
  }),
  attacked("right-after-a-release", (plan, draw) => {
    plan.lasts(hours(9));
    const releasedAt = START + hours(6);
    const version = (time: number) => (time < releasedAt ? "1.0.0" : "1.1.0");
    const on = [plan.signIns({ perSecond: draw.between(0.3, 3), ratio: draw.evenly(0.02, 0.12), version })];
    const span = { from: releasedAt + minutes(1), to: releasedAt + minutes(20) };
    const attack = { perSecond: draw.between(1, 10), addresses: draw.whole(10, 2_000), version: "1.1.0" };
    plan.attack({ on, span, ...attack });
  }),
  attacked("under-scan-noise", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 3) });
    const span = plan.part(hours(5.5), hours(1.5));
    const scan = { endpoints: on, network: "scanner", addresses: 20, span } as const;
    plan.noise({ ...scan, status: 404, perSecond: draw.between(5, 20) });
    plan.noise({ ...scan, status: 403, perSecond: draw.between(5, 20) });
    strike(plan, draw, { on, minutes: [10, 20], perSecond: [1, 10], addresses: [10, 1_000] });
  }),
  attacked("late-and-unordered", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 3) });
    strike(plan, draw, { on, minutes: [10, 20], perSecond: [1, 10], addresses: [10, 1_000] });
    plan.deliver(late(draw.evenly(20_000, 90_000)));
  }),
  attacked("replica-with-a-wrong-clock", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 3) });
    strike(plan, draw, { on, minutes: [10, 20], perSecond: [1, 10], addresses: [10, 1_000] });
    plan.deliver(wrongClock(0.25, -minutes(draw.evenly(8, 90))));
  }),
  attacked("sampled-one-percent", (plan, draw) => {
    plan.lasts(hours(6));
    const perSecond = draw.between(20, 60);
    const on = [plan.signIns({ perSecond, ratio: draw.evenly(0.02, 0.12) })];
    const attack = { perSecond: perSecond * draw.between(0.5, 5), addresses: draw.whole(2_000, 20_000) };
    plan.attack({ on, span: plan.part(hours(4.5), minutes(30)), ...attack });
    plan.deliver(sampled(() => 0.01));
  }),
  attacked("tail-sampled", (plan, draw) => {
    const perSecond = draw.between(2, 10);
    const on = login(plan, draw, { perSecond });
    const strength = [0.3 * perSecond, 3 * perSecond] as const;
    strike(plan, draw, { on, minutes: [10, 20], perSecond: strength, addresses: [20, 2_000] });
    plan.deliver(tailSampled(0.05, START));
  }),
  attacked("no-client-address", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 3) });
    strike(plan, draw, { on, minutes: [10, 20], perSecond: [1, 10], addresses: [10, 1_000] });
    plan.deliver(withoutClients());
  }),
  attacked("behind-one-address", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 3) });
    strike(plan, draw, { on, minutes: [10, 20], perSecond: [1, 10], addresses: [10, 1_000] });
    plan.deliver(behindOneAddress());
  }),
  attacked("calls-behind-one-address", (plan, draw) => {
    plan.lasts(hours(8));
    const on = [plan.independentCalls({ route: "/api/v1/orders", perSecond: draw.between(0.3, 3), ratio: 0.01 })];
    strike(plan, draw, { on, minutes: [10, 20], perSecond: [1, 10], addresses: [10, 1_000] });
    plan.deliver(behindOneAddress());
  }),
  attacked("gateway-5000-per-second", (plan, draw) => {
    plan.lasts(minutes(3.5));
    const on = [plan.apiCalls({ perSecond: 5_000, ratio: draw.between(0.002, 0.01) })];
    const span = plan.part(minutes(2.5), minutes(0.5));
    plan.attack({ on, span, perSecond: draw.between(100, 500), addresses: draw.whole(1_000, 20_000) });
  }),
  {
    ...attacked("gateway-50000-per-second", (plan, draw) => {
      plan.lasts(minutes(3));
      const on = [plan.apiCalls({ perSecond: 50_000, ratio: draw.between(0.002, 0.005) })];
      const span = plan.part(minutes(2), minutes(0.5));
      plan.attack({ on, span, perSecond: draw.between(500, 900), addresses: draw.whole(1_000, 20_000) });
    }),
    size: "heavy",
  },
];
