/** What a budget of false pages asks of the evidence on an endpoint, and how long attacks then go unnoticed. */
import { DAY_MS } from "../time.ts";
import type { AlarmDelay } from "./alarm-delay.ts";
import { alarmDelay, evidenceOn } from "./alarm-delay.ts";
import { requestsByChance } from "./chance.ts";
import { exponentsAt } from "./evidence.ts";
import { createExcursions, thresholdOf } from "./excursions.ts";

export type FalsePageBudget = { readonly falsePages: number; readonly perMs: number };

export type BudgetedEndpoint = {
  readonly requestsPerSecond: number;
  readonly usual: number;
  readonly guard: number;
  readonly minFailures: number;
  /** Endpoints that share the budget. */
  readonly endpointCount: number;
  /** By how much its threshold differs from what the budget alone asks for: harmless bursts raise it. */
  readonly raisedByNats: number;
};

export type BudgetCost = FalsePageBudget & {
  readonly thresholdNats: number;
  /** On this endpoint chance alone alarms at most so often. */
  readonly onceInSeconds: number;
  readonly attacks: readonly AttackCost[];
};

/** `delay` null: the attack stays within the usual band, or takes longer than a week. */
export type AttackCost = { readonly times: number; readonly delay: AlarmDelay | null };

/** Attacks by how many times as many failures there are as usual. */
export const ATTACK_TIMES = [1.5, 3, 10, 50] as const;

/** A week, a month and a quarter. */
const USUAL_BUDGETS: readonly FalsePageBudget[] = [
  { falsePages: 1, perMs: 7 * DAY_MS },
  { falsePages: 1, perMs: 30 * DAY_MS },
  { falsePages: 1, perMs: 90 * DAY_MS },
];

/** The usual budgets with the bundle's own in its place among them, the most eager first. */
export function costsOfBudgets(endpoint: BudgetedEndpoint, own: FalsePageBudget): readonly BudgetCost[] {
  const others = USUAL_BUDGETS.filter((budget) => !isSameBudget(budget, own));
  const budgets = [...others, own].sort((left, right) => perMsOfOne(left) - perMsOfOne(right));
  return budgets.map((budget) => budgetCost(endpoint, budget));
}

export function isSameBudget(left: FalsePageBudget, right: FalsePageBudget): boolean {
  return perMsOfOne(left) === perMsOfOne(right);
}

function perMsOfOne({ falsePages, perMs }: FalsePageBudget): number {
  return perMs / falsePages;
}

function budgetCost(endpoint: BudgetedEndpoint, { falsePages, perMs }: FalsePageBudget): BudgetCost {
  const thresholdNats = chanceThreshold(endpoint, { falsePages, perMs }) + endpoint.raisedByNats;
  const facts = { ...endpoint, thresholdNats };
  return {
    falsePages,
    perMs,
    thresholdNats,
    onceInSeconds: requestsByChance(exponentsOn(endpoint), thresholdNats) / endpoint.requestsPerSecond,
    attacks: ATTACK_TIMES.map((times) => ({ times, delay: alarmDelay(facts, times) })),
  };
}

/** What the budget asks for where no burst has been harmless. */
export function chanceThreshold(
  endpoint: Pick<BudgetedEndpoint, "endpointCount" | "guard" | "requestsPerSecond" | "usual">,
  { falsePages, perMs }: FalsePageBudget,
): number {
  const context = { budgetFalsePages: falsePages, budgetPerMs: perMs, activeSeriesCount: endpoint.endpointCount };
  const chances = { requestsPerSecond: endpoint.requestsPerSecond, exponents: exponentsOn(endpoint) };
  return thresholdOf(createExcursions(0), chances, context, 0).byChance;
}

function exponentsOn(endpoint: Pick<BudgetedEndpoint, "guard" | "usual">): readonly number[] {
  return exponentsAt(evidenceOn(endpoint), endpoint.usual);
}
