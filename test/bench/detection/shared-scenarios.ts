/** One thing goes wrong, at one endpoint or at many: at most one page for all of it. */
import type { Draw } from "./draw.ts";
import type { BenchEndpoint } from "./request.ts";
import type { Recipe, ScenarioPlan } from "./scenario.ts";
import { START } from "./scenario.ts";
import { hours, minutes } from "./shapes.ts";

type Write = Recipe["write"];

export const SHARED_SCENARIOS: readonly Recipe[] = [
  shared("identity-provider-down", (plan, draw) => {
    plan.lasts(hours(8));
    const outage = plan.part(hours(6), minutes(draw.evenly(8, 20)));
    const factor = draw.between(50, 500);
    callers(plan, draw, 40, (time) => (time >= outage.from && time < outage.to ? factor : 1));
    plan.incident = outage;
  }),
  shared("key-rotation", (plan, draw) => {
    plan.lasts(hours(8));
    const rotation = plan.part(hours(6), minutes(draw.evenly(4, 10)));
    const factor = draw.between(20, 200);
    // Callers fetch the new keys one after another.
    callers(plan, draw, 20, (time) => {
      const into = (time - rotation.from) / (rotation.to - rotation.from);
      return into < 0 || into >= 1 ? 1 : Math.max(1, factor * (1 - into));
    });
    plan.incident = rotation;
  }),
  shared("release-moves-the-ratio", (plan, draw) => {
    plan.lasts(hours(36));
    const releasedAt = START + hours(12);
    const factor = draw.between(4, 10);
    plan.signIns({
      perSecond: draw.between(0.3, 2),
      ratio: draw.evenly(0.02, 0.08),
      oddsFactor: (time) => (time < releasedAt ? 1 : factor),
      version: (time) => (time < releasedAt ? "1.0.0" : "2.0.0"),
    });
    plan.incident = { from: releasedAt, to: plan.span.to };
  }),
  shared("wrong-client-secret", (plan, draw) => {
    plan.lasts(hours(18));
    const token = plan.independentCalls({ perSecond: draw.between(0.2, 2), ratio: draw.between(0.005, 0.03) });
    const mistake = plan.part(hours(8), hours(6));
    const client = { network: "program", addresses: 1, status: 401, span: mistake } as const;
    plan.noise({ endpoints: [token], perSecond: draw.between(0.1, 1), ...client });
    plan.incident = mistake;
  }),
  shared("route-flood", (plan, draw) => {
    plan.lasts(hours(8));
    plan.apiCalls({ perSecond: draw.between(0.5, 2), ratio: draw.between(0.002, 0.03) });
    const flood = plan.part(hours(6), minutes(20));
    const routes = draw.whole(2_000, 20_000);
    const endpoints: BenchEndpoint[] = Array.from({ length: routes }, (_, index) => ({
      service: "web",
      env: "production",
      method: "GET",
      route: `/${word(index)}/${word(index * 31 + 7)}`,
    }));
    const scanner = { network: "scanner", addresses: draw.whole(1, 100), status: 401, span: flood } as const;
    plan.noise({ endpoints, perSecond: draw.between(20, 80), ...scanner });
    plan.incident = flood;
  }),
];

function shared(name: string, write: Write): Recipe {
  return { name, expectation: "one page", write };
}

function callers(plan: ScenarioPlan, draw: Draw, count: number, oddsFactor: (time: number) => number): void {
  for (let index = 0; index < count; index++) {
    const traffic = { service: `service-${index}`, route: `/api/v1/part-${word(index)}` };
    const perSecond = draw.between(0.05, 2);
    plan.independentCalls({ ...traffic, perSecond, ratio: draw.between(0.005, 0.05), oddsFactor });
  }
}

/** A word without digits, so that it stays a word of a route and is not taken for an identifier. */
function word(index: number): string {
  let text = "";
  for (let rest = index + 26 * 26; rest > 0; rest = Math.floor(rest / 26)) {
    text += String.fromCharCode(97 + (rest % 26));
  }
  return text;
}
