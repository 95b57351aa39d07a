/** Attacks by what the attacker does: how many addresses, how fast, for how long. */
import type { Draw } from "./draw.ts";
import type { BenchEndpoint } from "./request.ts";
import type { AttackOptions, Recipe, ScenarioPlan } from "./scenario.ts";
import { days, exponentialRamp, hours, linearRamp, minutes, pulses, staircase } from "./shapes.ts";

type Write = Recipe["write"];

export const ATTACK_SCENARIOS: readonly Recipe[] = [
  attacked("one-fast-address", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 3) });
    strike(plan, draw, { on, minutes: [3, 15], perSecond: [5, 50], addresses: [1, 1] });
  }),
  attacked("one-slow-address-tiny-endpoint", (plan, draw) => {
    plan.lasts(days(6));
    const on = [plan.signIns({ perSecond: 20 / 86_400, ratio: draw.evenly(0.02, 0.12) })];
    const span = plan.part(days(5), hours(draw.evenly(1, 4)));
    plan.attack({ on, span, perSecond: draw.between(1 / 40, 1 / 10), addresses: 1 });
  }),
  attacked("one-address-busy-endpoint", (plan, draw) => {
    plan.lasts(hours(3));
    const on = [plan.signIns({ perSecond: draw.between(20, 50), ratio: draw.evenly(0.02, 0.1) })];
    const span = plan.part(hours(1.5), minutes(40));
    plan.attack({ on, span, perSecond: draw.between(1, 3), addresses: 1 });
  }),
  attacked("spraying-from-tens", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 3) });
    strike(plan, draw, { on, minutes: [10, 30], perSecond: [0.7, 5], addresses: [20, 90] });
  }),
  attacked("hourly-spray-rounds", (plan, draw) => {
    plan.lasts(hours(16));
    const on = [plan.signIns({ perSecond: draw.between(0.3, 1), ratio: draw.evenly(0.02, 0.12) })];
    const span = plan.part(hours(8), hours(6));
    const shape = pulses(span.from, hours(1), minutes(3));
    plan.attack({ on, span, shape, perSecond: draw.between(1, 3), addresses: draw.whole(20, 60) });
  }),
  attacked("stuffing-from-thousands", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(1, 5) });
    strike(plan, draw, { on, minutes: [5, 15], perSecond: [5, 100], addresses: [2_000, 20_000] });
  }),
  attacked("one-or-two-tries-per-address", (plan, draw) => {
    const perSecond = draw.between(0.5, 2);
    const on = login(plan, draw, { perSecond });
    strike(plan, draw, { on, minutes: [40, 100], perSecond: [0.3 * perSecond, perSecond], addresses: [1_500, 3_000] });
  }),
  attacked("one-or-two-tries-on-one-per-minute", (plan, draw) => {
    plan.lasts(days(6));
    const on = [plan.signIns({ perSecond: 1 / 60, ratio: draw.evenly(0.02, 0.12) })];
    const span = plan.part(days(5), minutes(draw.evenly(30, 90)));
    plan.attack({ on, span, perSecond: draw.between(2, 20) / 60, addresses: draw.whole(80, 500) });
  }),
  attacked("one-or-two-tries-on-twenty-a-day", (plan, draw) => {
    plan.lasts(days(11));
    const on = [plan.signIns({ perSecond: 20 / 86_400, ratio: draw.evenly(0.02, 0.12) })];
    const span = plan.part(days(10), minutes(draw.evenly(30, 90)));
    plan.attack({ on, span, perSecond: draw.between(0.7, 5) / 60, addresses: draw.whole(25, 200) });
  }),
  attacked("exponential-ramp", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 2), hours: 20 });
    const span = plan.part(hours(10), hours(draw.evenly(2, 6)));
    const shape = exponentialRamp(span);
    plan.attack({ on, span, shape, perSecond: draw.between(3, 12), addresses: draw.whole(50, 2_000) });
  }),
  attacked("linear-ramp", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 2), hours: 20 });
    const span = plan.part(hours(10), hours(draw.evenly(2, 6)));
    plan.attack({ on, span, shape: linearRamp(span), perSecond: draw.between(2, 8), addresses: draw.whole(50, 2_000) });
  }),
  attacked("staircase-over-days", (plan, draw) => {
    plan.lasts(days(5));
    const on = [plan.signIns({ perSecond: draw.between(0.1, 0.3), ratio: draw.evenly(0.02, 0.1) })];
    const span = plan.part(days(2), days(2));
    const shape = staircase(span, draw.whole(8, 16));
    plan.attack({ on, span, shape, perSecond: draw.between(0.5, 1), addresses: draw.whole(200, 5_000) });
  }),
  attacked("long-pulses", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 2), hours: 12 });
    const span = plan.part(hours(7), hours(2));
    const shape = pulses(span.from, minutes(30), minutes(10));
    plan.attack({ on, span, shape, perSecond: draw.between(0.7, 5), addresses: draw.whole(10, 500) });
  }),
  attacked("short-pulses", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 2) });
    const span = plan.part(hours(6), minutes(30));
    const shape = pulses(span.from, minutes(1), minutes(1) / 6);
    plan.attack({ on, span, shape, perSecond: draw.between(2, 20), addresses: draw.whole(10, 500) });
  }),
  attacked("three-days", (plan, draw) => {
    plan.lasts(days(6));
    const on = [plan.signIns({ perSecond: draw.between(0.1, 0.3), ratio: draw.evenly(0.02, 0.12) })];
    plan.attack({ on, span: plan.part(days(2), days(3)), perSecond: draw.between(0.2, 0.8), addresses: 2_000 });
  }),
  attacked("followed-by-success", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 3) });
    const addresses = draw.whole(1, 50);
    const span = plan.part(hours(6), minutes(draw.evenly(3, 10)));
    plan.attack({ on, span, perSecond: draw.between(0.7, 10), addresses });
    const success = { network: "attacker", status: 200, addresses, endpoints: on } as const;
    plan.noise({ ...success, perSecond: 0.2, span: { from: span.to, to: span.to + minutes(5) } });
  }),
  attacked("diluted-with-valid-sign-ins", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 3) });
    const failing = draw.evenly(0.25, 0.5);
    strike(plan, draw, { on, minutes: [10, 30], perSecond: [3, 30], addresses: [20, 2_000], failing });
  }),
  attacked("rotating-over-routes", (plan, draw) => {
    plan.lasts(hours(8));
    const on = Array.from({ length: 8 }, (_, index) =>
      plan.signIns({ route: `/v${index}/login`, perSecond: draw.between(0.05, 0.5), ratio: draw.evenly(0.02, 0.12) }),
    );
    strike(plan, draw, { on, minutes: [10, 30], perSecond: [4, 20], addresses: [10, 2_000] });
  }),
  attacked("two-an-hour-apart", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 3), hours: 9 });
    const attack = { on, perSecond: draw.between(1, 20), addresses: draw.whole(10, 1_000) };
    plan.attack({ ...attack, span: plan.part(hours(6), minutes(10)) });
    plan.attack({ ...attack, span: plan.part(hours(7), minutes(10)) });
  }),
  attacked("turned-into-429", (plan, draw) => {
    const on = login(plan, draw, { perSecond: draw.between(0.3, 3) });
    const span = plan.part(hours(6), minutes(20));
    const limitedAt = span.from + minutes(draw.evenly(0.5, 3));
    const failureStatus = (time: number) => (time < limitedAt ? 401 : 429);
    plan.attack({ on, span, perSecond: draw.between(3, 20), addresses: draw.whole(1, 50), failureStatus });
  }),
  attacked("ladder-on-one-per-minute", (plan, draw) => {
    plan.lasts(days(8));
    const on = [plan.signIns({ perSecond: 1 / 60, ratio: draw.evenly(0.02, 0.12) })];
    ladder(plan, on, { from: days(5), apartMs: hours(12), steps: [12, 25, 50, 100] });
  }),
  attacked("ladder-on-five-per-second", (plan, draw) => {
    plan.lasts(hours(12));
    const on = [plan.signIns({ perSecond: 5, ratio: draw.evenly(0.02, 0.1) })];
    ladder(plan, on, { from: hours(6), apartMs: hours(1.5), steps: [40, 80, 200, 600] });
  }),
];

export function attacked(name: string, write: Write): Recipe {
  return { name, expectation: "page", write };
}

/** One sign-in endpoint, long enough before six o'clock to have learned, when attacks begin. */
export function login(
  plan: ScenarioPlan,
  draw: Draw,
  options: { readonly perSecond: number; readonly hours?: number },
): readonly BenchEndpoint[] {
  plan.lasts(hours(options.hours ?? 8));
  return [plan.signIns({ perSecond: options.perSecond, ratio: draw.evenly(0.02, 0.12) })];
}

type Range = readonly [low: number, high: number];
type StrikeOptions = {
  readonly on: readonly BenchEndpoint[];
  readonly minutes: Range;
  readonly perSecond: Range;
  readonly addresses: Range;
} & Pick<AttackOptions, "failing">;

/** An attack of even strength at six o'clock. */
export function strike(plan: ScenarioPlan, draw: Draw, { minutes: duration, ...options }: StrikeOptions): void {
  const span = plan.part(hours(6), minutes(draw.evenly(...duration)));
  const perSecond = draw.between(...options.perSecond);
  plan.attack({ ...options, span, perSecond, addresses: draw.whole(...options.addresses) });
}

/** Bursts of so many addresses, one try each, within a minute. */
function ladder(
  plan: ScenarioPlan,
  on: readonly BenchEndpoint[],
  rungs: { readonly from: number; readonly apartMs: number; readonly steps: readonly number[] },
): void {
  for (const [index, addresses] of rungs.steps.entries()) {
    const span = plan.part(rungs.from + index * rungs.apartMs, minutes(1));
    plan.attack({ on, span, perSecond: addresses / 60, addresses: 2 * addresses });
  }
}
