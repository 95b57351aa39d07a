/** What a budget costs, as it is printed for people. */
import { onceInWords } from "../core/alerts/evidence-words.ts";
import { significant, span } from "../core/alerts/words.ts";
import type { AttackCost, BudgetCost, BudgetedEndpoint, FalsePageBudget } from "../core/detection/budget-cost.ts";
import { ATTACK_TIMES, isSameBudget } from "../core/detection/budget-cost.ts";
import { formatDuration } from "../core/text/quantity.ts";
import { paceText, percentText } from "./shown-values.ts";
import { renderTable } from "./text-table.ts";

export type ImaginedCost = BudgetedEndpoint & { readonly rule: string; readonly budgets: readonly BudgetCost[] };

/** One endpoint of a running authspike, and what each budget would cost there. */
export type LiveCost = {
  readonly endpoint: string;
  readonly service: string;
  readonly environment: string;
  readonly rule: string;
  readonly requestsPerSecond: number;
  readonly usual: number;
  readonly upTo: number;
  readonly budgets: readonly BudgetCost[];
};

const ATTACK_HEADERS = ATTACK_TIMES.map((times) => `${times}x`);

export function costText(cost: ImaginedCost, own: FalsePageBudget): string {
  const { budgets, endpointCount, guard, minFailures, requestsPerSecond, rule, usual } = cost;
  const fleet = endpointCount === 1 ? "alone" : `one of ${endpointCount} endpoints that share the budget`;
  const rows = budgets.map((budget) => [
    budgetName(budget) + (isSameBudget(budget, own) ? " (yours)" : ""),
    `${budget.thresholdNats.toFixed(1)} nats`,
    onceInWords(budget.onceInSeconds),
    ...budget.attacks.map(delayText),
  ]);
  return [
    `${paceText(requestsPerSecond)}, of which ${percentText(usual)} usually fail; ${fleet}`,
    `up to ${percentText(Number(guard.toPrecision(2)))} is never evidence; rule ${rule} wants at least ${minFailures} failures`,
    "",
    renderTable(["FALSE PAGES", "THRESHOLD", "BY CHANCE HERE", ...ATTACK_HEADERS], rows),
    "",
    "Under 3x there are three times as many failures as usual, and so on: how long it takes on average until that is an alarm,",
    "and how many attempts of the attack, each from another client. A dash: it stays below the guard, or takes over a week.",
    ...priceOf(budgets),
    "One client that keeps failing at a sign-in route is an alarm by itself, whatever the budget.",
  ].join("\n");
}

/** The two ends, compared. */
function priceOf(budgets: readonly BudgetCost[]): readonly string[] {
  const [eager, patient] = [budgets[0], budgets.at(-1)];
  if (eager === undefined || patient === undefined) return [];
  const delays = [eager, patient].map(({ attacks }) => attacks.find(({ times }) => times === 10)?.delay ?? null);
  const [sooner, later] = delays;
  const nats = (patient.thresholdNats - eager.thresholdNats).toFixed(1);
  const head = `From ${budgetName(eager)} to ${budgetName(patient)}: ${nats} nats more`;
  if (sooner == null || later == null) return [`${head}.`];
  const attempts = significant(later.attackRequests - sooner.attackRequests);
  return [`${head}, which at 10x is ${secondsText(later.seconds - sooner.seconds)} and ${attempts} attempts.`];
}

export function liveTable(costs: readonly LiveCost[], own: FalsePageBudget): string {
  const headers = [
    "ENDPOINT",
    "SERVICE",
    "ENV",
    "REQ/S",
    "USUAL",
    "UP TO",
    "THRESHOLD",
    "BY CHANCE",
    ...ATTACK_HEADERS,
  ];
  const rows = costs.map((cost) => {
    const { endpoint, environment, requestsPerSecond, service, upTo, usual } = cost;
    const budget = cost.budgets.find((candidate) => isSameBudget(candidate, own));
    const rates = [percentText(usual), percentText(upTo)];
    const proof =
      budget === undefined ? [] : [`${budget.thresholdNats.toFixed(1)} nats`, onceInWords(budget.onceInSeconds)];
    const names = [endpoint, service, environment || "-", significant(requestsPerSecond)];
    return [...names, ...rates, ...proof, ...(budget?.attacks ?? []).map(delayText), cost.rule];
  });
  return `budget: ${budgetName(own)}\n${renderTable([...headers, "RULE"], rows)}`;
}

function budgetName({ falsePages, perMs }: FalsePageBudget): string {
  return `${falsePages} in ${formatDuration(perMs)}`;
}

function delayText({ delay }: AttackCost): string {
  if (delay === null) return "-";
  return `${secondsText(delay.seconds)}, ${Math.ceil(delay.attackRequests)}`;
}

/** To a tenth where a person feels it. */
function secondsText(seconds: number): string {
  return seconds < 10 ? `${Number(seconds.toPrecision(2))}s` : span(seconds * 1000);
}
