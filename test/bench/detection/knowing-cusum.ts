/**
 * A CUSUM that has been told both rates of each endpoint: the least delay there is, were requests
 * independent. It is no competitor but a floor.
 *
 * Its threshold gives one false alarm in thirty days by chance. It knows the mean ratio, not how the
 * ratio wanders or that people retry, and pays for that in false pages.
 */
import { DAY_MS, SECOND_MS } from "../../../src/core/time.ts";
import type { BenchEndpoint, BenchRequest } from "./request.ts";
import type { Attack, Scenario } from "./scenario.ts";

/** Where no attack comes it waits for one of ten times the usual failures. */
const IMAGINED_FACTOR = 10;
const BUDGET_MS = 30 * DAY_MS;
const RATIO_MIN = 0.0005;
const RATIO_MAX = 0.995;

type Rates = { readonly perSecond: number; readonly usual: number; readonly attacked: number };

export function knowingCusum(endpoint: BenchEndpoint, scenario: Scenario): (request: BenchRequest) => boolean {
  const rates = ratesOf(endpoint, scenario);
  const threshold = Math.log(Math.max(2, (rates.perSecond * BUDGET_MS) / SECOND_MS));
  const failureNats = Math.log(rates.attacked / rates.usual);
  const successNats = Math.log((1 - rates.attacked) / (1 - rates.usual));
  let nats = 0;
  let failureWeight = 1;
  return ({ status, weight }) => {
    if (status === 401) {
      failureWeight = weight;
      nats += failureNats;
    } else if (status < 400) {
      // In units of one received failure, so that sampling does not multiply evidence.
      nats = Math.max(0, nats + (successNats * weight) / failureWeight);
    }
    if (nats <= threshold) return false;
    nats = 0;
    return true;
  };
}

function ratesOf(endpoint: BenchEndpoint, { watched, attacks }: Scenario): Rates {
  const truth = watched.find((one) => one.endpoint === endpoint);
  const perSecond = truth?.perSecond ?? 1 / 60;
  const usual = clamp(truth?.ratio ?? RATIO_MIN);
  const attack = attacks.find(({ endpoints }) => endpoints.includes(endpoint)) ?? imagined(perSecond, usual);
  const failures = perSecond * usual + attack.perSecond * attack.failing;
  const attacked = clamp(failures / (perSecond + attack.perSecond));
  // An attack so diluted that it lowers the ratio leaves nothing to look for but a little more.
  return { perSecond, usual, attacked: Math.max(attacked, clamp(1.2 * usual)) };
}

function imagined(perSecond: number, usual: number): Pick<Attack, "perSecond" | "failing"> {
  return { perSecond: IMAGINED_FACTOR * perSecond * usual, failing: 1 };
}

function clamp(ratio: number): number {
  return Math.min(RATIO_MAX, Math.max(RATIO_MIN, ratio));
}
