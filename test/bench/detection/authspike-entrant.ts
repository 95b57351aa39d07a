/** Our engine, played as `authspike backtest` plays it, with the rules that are shipped. */
import type { BacktestAlert } from "../../../src/cli/backtest-alerts.ts";
import { BacktestAlerts } from "../../../src/cli/backtest-alerts.ts";
import { Replay } from "../../../src/cli/replay.ts";
import type { EngineSettings } from "../../../src/core/engine.ts";
import { Engine } from "../../../src/core/engine.ts";
import type { RuleSet } from "../../../src/core/rules/rule.ts";
import { DAY_MS } from "../../../src/core/time.ts";
import { ruleSetOf } from "../../support/rule-bundles.ts";
import { shippedRuleFiles } from "../shipped-rules.ts";
import type { Contestant, Entrant, Page } from "./contestant.ts";
import type { BenchRequest } from "./request.ts";
import { endpointKey, toRecordedRequest } from "./request.ts";

const SETTINGS: EngineSettings = { clientKey: [1, 2, 3, 4], endpointsPerServiceMax: 10_000, endpointsMax: 1_000_000 };

export const AUTHSPIKE: Entrant = { name: "authspike", enter: () => new AuthspikeContestant(shippedRules()) };

/** The shipped rules, with what is usual the same at every hour of the week. */
export const AUTHSPIKE_WITHOUT_SEASON: Entrant = {
  name: "season: none",
  enter: () => new AuthspikeContestant(withoutSeason(shippedRules())),
};

class AuthspikeContestant implements Contestant {
  readonly #replay: Replay;
  readonly #alerts: BacktestAlerts;
  readonly #pages: Page[] = [];

  constructor(rules: RuleSet) {
    const engine = new Engine(SETTINGS, rules);
    this.#alerts = new BacktestAlerts(({ alert }) => {
      // A ticket wakes nobody.
      if (alert.page) this.#pages.push(pageOf(alert));
    });
    const { clientKey } = SETTINGS;
    this.#replay = new Replay({ engine, clientKey, onEffects: (effects) => this.#alerts.take(effects) });
  }

  observe(request: BenchRequest): void {
    this.#replay.request(toRecordedRequest(request), request.arrived);
  }

  finish(): readonly Page[] {
    this.#replay.settle(DAY_MS);
    this.#alerts.end();
    return this.#pages;
  }
}

function shippedRules(): RuleSet {
  return ruleSetOf(shippedRuleFiles());
}

function withoutSeason(ruleSet: RuleSet): RuleSet {
  const rules = ruleSet.rules.map((rule) => ({ ...rule, detector: { ...rule.detector, season: "none" as const } }));
  return { ...ruleSet, rules };
}

function pageOf({ endpoint, group, fired_at: firedAt, resolved_at: resolvedAt }: BacktestAlert): Page {
  return { endpoint: endpointKey(endpoint), group, firedAt, resolvedAt };
}
