/** All scenarios of the benchmark, in the order in which they run and are told. */
import { ATTACK_SCENARIOS } from "./attack-scenarios.ts";
import { Draw } from "./draw.ts";
import { HARD_ATTACK_SCENARIOS } from "./hard-attack-scenarios.ts";
import type { Recipe, Scenario } from "./scenario.ts";
import { writeScenario } from "./scenario.ts";
import { SHARED_SCENARIOS } from "./shared-scenarios.ts";
import { SILENT_SCENARIOS } from "./silent-scenarios.ts";

export const RECIPES: readonly Recipe[] = [
  ...SILENT_SCENARIOS,
  ...SHARED_SCENARIOS,
  ...ATTACK_SCENARIOS,
  ...HARD_ATTACK_SCENARIOS,
];

/** Constants of the detector may be chosen by what these show. */
export const TUNING_SEEDS: readonly number[] = [1, 2, 3];
/** Figures that are published come from these, which nothing is tuned on. */
export const REPORT_SEEDS: readonly number[] = [401, 402, 403];

export function drawScenario(recipe: Recipe, seed: number): Scenario {
  return writeScenario(recipe, new Draw(seed, recipe.name));
}
