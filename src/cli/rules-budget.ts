/** `authspike rules budget`: what a budget of false pages costs in seconds and in attempts that go unnoticed. */

import type { BudgetedEndpoint, FalsePageBudget } from "../core/detection/budget-cost.ts";
import { chanceThreshold, costsOfBudgets } from "../core/detection/budget-cost.ts";
import type { RateDetectorSettings } from "../core/detection/detector.ts";
import { settledGuard } from "../core/detection/settled-guard.ts";
import { withSuggestion } from "../core/diagnostic.ts";
import type { Rule } from "../core/rules/rule.ts";
import type { EndpointRow } from "../web/endpoint-page.ts";
import type { PipelineView, RulesView } from "../web/views.ts";
import type { LiveCost } from "./budget-text.ts";
import { costText, liveTable } from "./budget-text.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { printAs } from "./output.ts";
import { loadRulesOrPrint } from "./rules-directory.ts";
import { askServerOrPrint } from "./server-client.ts";
import type { ServerOptions } from "./server-options.ts";
import { queryText } from "./shown-values.ts";

export type RulesBudgetOptions = ServerOptions & {
  readonly directory: string;
  readonly requestsPerSecond?: number;
  readonly requestsPerDay?: number;
  readonly usual: number;
  readonly upTo?: number;
  readonly endpoints: number;
  readonly rule?: string;
  readonly live?: true;
  readonly service?: string;
  readonly limit: number;
};

export function runRulesBudget(options: RulesBudgetOptions, context: CommandContext): Promise<number> {
  return options.live === true ? showLive(options, context) : Promise.resolve(showImagined(options, context));
}

function showImagined(options: RulesBudgetOptions, context: CommandContext): number {
  const ruleSet = loadRulesOrPrint(options.directory, context);
  if (ruleSet === undefined) return EXIT_CODES.failed;
  const rules = ruleSet.rules.flatMap(rateRule);
  const rule = ruleFor(options, rules);
  if (rule === undefined) {
    const ids = rules.map(({ id }) => id);
    const problem = `no rule that a budget concerns has the id "${options.rule ?? ""}"`;
    printLine(context.stderr, withSuggestion(problem, options.rule ?? "", ids));
    return EXIT_CODES.notFound;
  }
  const endpoint = imaginedEndpoint(options, rule);
  const budgets = costsOfBudgets(endpoint, ruleSet.budget);
  const facts = { ...endpoint, rule: rule.id, budgets };
  printAs(options.output, { lines: budgets, whole: facts, text: () => costText(facts, ruleSet.budget) }, context);
  return EXIT_CODES.ok;
}

type RateRule = { readonly id: string; readonly detector: RateDetectorSettings };

/** None for a rule that judges no rate, or by a control limit: no budget sets what those ask for. */
function rateRule({ id, detector }: Rule): readonly RateRule[] {
  return detector.kind === "ewma" && detector.deviation === null ? [{ id, detector }] : [];
}

/** Left out, the first: the shipped rules learn alike. */
function ruleFor({ rule: asked }: RulesBudgetOptions, rules: readonly RateRule[]): RateRule | undefined {
  return asked === undefined ? rules[0] : rules.find(({ id }) => id === asked);
}

function imaginedEndpoint(options: RulesBudgetOptions, { detector }: RateRule): BudgetedEndpoint {
  const { requestsPerDay, usual, upTo } = options;
  const perDay = requestsPerDay === undefined ? undefined : requestsPerDay / 86_400;
  const requestsPerSecond = options.requestsPerSecond ?? perDay ?? 1;
  return {
    requestsPerSecond,
    usual,
    guard: upTo ?? settledGuard({ requestsPerSecond, usual, halfLifeMs: detector.halfLifeMs }),
    minFailures: detector.minFailures,
    endpointCount: options.endpoints,
    raisedByNats: 0,
  };
}

async function showLive(options: RulesBudgetOptions, context: CommandContext): Promise<number> {
  const { limit, output, rule, service, url } = options;
  const path = `/api/v1/endpoints${queryText({ sort: "requests", limit, rule, service })}`;
  const rows = await askServerOrPrint<{ readonly endpoints: readonly EndpointRow[] }>({ url, path }, context);
  if (rows.kind === "failed") return rows.exitCode;
  const rules = await askServerOrPrint<RulesView>({ url, path: "/api/v1/rules" }, context);
  if (rules.kind === "failed") return rules.exitCode;
  const pipeline = await askServerOrPrint<PipelineView>({ url, path: "/api/v1/pipeline" }, context);
  if (pipeline.kind === "failed") return pipeline.exitCode;
  const { budget, rules: inForce } = rules.answer.active;
  const costs = rows.answer.endpoints.flatMap((row): readonly LiveCost[] => {
    const minFailures = inForce.find(({ id }) => id === row.rule)?.minFailures ?? null;
    if (minFailures === null || !row.isWarm || row.usual === 0) return [];
    return [liveCost(row, { minFailures, budget, endpointCount: pipeline.answer.seriesCount })];
  });
  printAs(output, { lines: costs, whole: costs, text: () => liveTable(costs, budget) }, context);
  const left = rows.answer.endpoints.length - costs.length;
  if (output === "table" && left > 0) {
    printLine(context.stderr, `${left} more have no usual rate yet, or a rule that no budget concerns`);
  }
  return EXIT_CODES.ok;
}

type Fleet = {
  readonly minFailures: number;
  readonly budget: FalsePageBudget;
  readonly endpointCount: number;
};

function liveCost(row: EndpointRow, { minFailures, budget, endpointCount }: Fleet): LiveCost {
  const { endpoint, requestsPerSecond, rule, threshold, usual, usualUpper } = row;
  const facts = { requestsPerSecond, usual, guard: usualUpper, minFailures, endpointCount };
  const raisedByNats = threshold - chanceThreshold(facts, budget);
  return {
    endpoint: endpoint.name,
    service: endpoint.service,
    environment: endpoint.environment,
    rule,
    requestsPerSecond,
    usual,
    upTo: usualUpper,
    budgets: costsOfBudgets({ ...facts, raisedByNats }, budget),
  };
}
