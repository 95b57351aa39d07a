/**
 * `npm run bench:detection`: the public benchmark of burst detection, ours beside what others use.
 *
 * `--print NAME` writes a scenario as lines for `authspike backtest`, so that anybody can replay it.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { loadLine, machineLines } from "../machine.ts";
import { tableLines } from "../print-table.ts";
import { ANCHORS } from "./anchors.ts";
import { AUTHSPIKE, AUTHSPIKE_WITHOUT_SEASON } from "./authspike-entrant.ts";
import type { Entrant } from "./contestant.ts";
import { overlays } from "./overlay.ts";
import { play } from "./play.ts";
import { toLine } from "./request.ts";
import type { Recipe, Scenario } from "./scenario.ts";
import { drawScenario, RECIPES, REPORT_SEEDS, TUNING_SEEDS } from "./scenarios.ts";
import type { ScenarioScore } from "./score.ts";
import { SEASONAL_SCENARIOS } from "./seasonal-scenarios.ts";
import { endpointDays, STANDING_COLUMNS, Standing } from "./standing.ts";
import { strengthTable } from "./strengths.ts";

const HELP = `npm run bench:detection -- [--quick] [--seed WHICH]... [--scenarios NAMES] [--without NAMES] [--ours] [--seasons] [--strengths] [--overlay FILE] [--print NAME]
  --quick            one seed, and no scenario of many millions of requests
  --seed WHICH       a number, "tuning" or "report"; "report" is the default
  --scenarios NAMES  those whose name contains one of these, with commas between them
  --without NAMES    all but those
  --ours             without the anchors
  --seasons          streams of six weeks with a clear shape, with and without the season of the shipped rules
  --strengths        only how long an alarm takes, beside the least that there is, from slight to fierce attacks
  --overlay FILE     real failures, as lines for: authspike backtest --format requests, laid over sign-ins at five rates
  --print NAME       one scenario as lines for: authspike backtest --format requests -`;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    seed: { type: "string", multiple: true, default: [] },
    scenarios: { type: "string", default: "" },
    without: { type: "string" },
    ours: { type: "boolean", default: false },
    seasons: { type: "boolean", default: false },
    strengths: { type: "boolean", default: false },
    overlay: { type: "string" },
    print: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (options.help) console.log(HELP);
else if (options.strengths) measureStrengths();
else if (options.print === undefined) compete();
else await print(options.print);

function measureStrengths(): void {
  for (const seed of chosenSeeds()) console.log(tableLines(strengthTable(seed)).join("\n"));
}

function compete(): void {
  const entrants = chosenEntrants();
  const standings = new Map(entrants.map((entrant) => [entrant, new Standing()]));
  const totals = { requests: 0, endpointDays: 0, quietDays: 0 };
  for (const line of machineLines()) console.log(line);
  console.log("\nhow authspike does, scenario by scenario");
  for (const seed of chosenSeeds()) {
    for (const recipe of chosenRecipes()) {
      const scenario = drawScenario(recipe, seed);
      const { requests, scores } = play(scenario, entrants);
      for (const [index, [, standing]] of [...standings].entries()) addScore(standing, scenario, scores[index]);
      totals.requests += requests;
      totals.endpointDays += endpointDays(scenario);
      if (recipe.expectation !== "page") totals.quietDays += endpointDays(scenario);
      for (const ours of scores.slice(0, options.seasons ? 2 : 1)) {
        console.log(scenarioLine(recipe, seed, requests, ours));
      }
    }
  }
  report(standings, totals);
}

function addScore(standing: Standing, scenario: Scenario, score: ScenarioScore | undefined): void {
  if (score !== undefined) standing.add(scenario, score);
}

type Totals = { readonly requests: number; readonly endpointDays: number; readonly quietDays: number };

function report(standings: ReadonlyMap<Entrant, Standing>, { requests, ...total }: Totals): void {
  const windowCount = [...standings.values()][0]?.windows.length ?? 0;
  const days = Math.round(total.endpointDays).toLocaleString("en-US");
  const quiet = Math.round((100 * total.quietDays) / total.endpointDays);
  const table = {
    title: `${windowCount} attack windows, ${requests.toLocaleString("en-US")} requests, ${days} endpoint-days, ${quiet} % of them in scenarios without attack`,
    columns: STANDING_COLUMNS,
    rows: [...standings].map(([entrant, standing]) => standing.row(entrant.name)),
    notes: [
      "hit: windows paged; by chance: hits that pages at the false rate would have had; delay and requests: medians of the hits",
      "share after: of an attack's requests, those that came after the page; false /em: false pages per endpoint-month",
      "shared: pages per shared incident; re-pages: further pages within one attack; open: pages that never closed",
    ],
  };
  for (const line of tableLines(table)) console.log(line);
  console.log(`\n${loadLine()}`);
}

/** What authspike missed or did wrong, or how well it did. */
function scenarioLine(recipe: Recipe, seed: number, requests: number, score: ScenarioScore): string {
  const facts = score.windows.map(({ hit }) =>
    hit === null ? "MISSED" : `${hit.delaySeconds.toFixed(1)} s (${hit.attackRequests})`,
  );
  if (score.falsePages.length > 0) facts.push(`${score.falsePages.length} FALSE`);
  if (score.sharedPages !== null) facts.push(`${score.sharedPages} pages for one incident`);
  if (score.rePages > 0) facts.push(`${score.rePages} re-pages`);
  if (score.neverClosed > 0) facts.push(`${score.neverClosed} never closed`);
  const name = `${recipe.name.padEnd(34)} ${String(seed).padStart(4)} ${requests.toLocaleString("en-US").padStart(11)}`;
  return `  ${name}  ${facts.join(", ") || "silent"}`;
}

async function print(name: string): Promise<void> {
  const recipe = [...RECIPES, ...SEASONAL_SCENARIOS].find((one) => one.name === name);
  const [seed] = chosenSeeds();
  if (recipe === undefined || seed === undefined) {
    console.error(`no scenario ${name}; there are:\n${RECIPES.map((one) => one.name).join("\n")}`);
    process.exitCode = 2;
    return;
  }
  await pipeline(Readable.from(linesOf(drawScenario(recipe, seed))), process.stdout);
}

function* linesOf(scenario: Scenario): Generator<string> {
  for (const request of scenario.stream()) yield `${toLine(request)}\n`;
}

/** With seasons, the shipped rules and the same without; a scenario has a line for each. */
function chosenEntrants(): readonly Entrant[] {
  if (options.seasons) return [AUTHSPIKE, AUTHSPIKE_WITHOUT_SEASON];
  return options.ours ? [AUTHSPIKE] : [AUTHSPIKE, ...ANCHORS];
}

function chosenSeeds(): readonly number[] {
  const asked = options.seed.length > 0 ? options.seed : ["report"];
  const seeds = asked.flatMap((which) => {
    if (which === "tuning") return TUNING_SEEDS;
    return which === "report" ? REPORT_SEEDS : [Number(which)];
  });
  return options.quick ? seeds.slice(0, 1) : seeds;
}

function chosenRecipes(): readonly Recipe[] {
  const { scenarios, without, quick } = options;
  return allRecipes().filter(({ name, size }) => {
    if (quick && size === "heavy") return false;
    return contains(name, scenarios) && (without === undefined || !contains(name, without));
  });
}

function allRecipes(): readonly Recipe[] {
  if (options.overlay !== undefined) return overlays(options.overlay);
  return options.seasons ? SEASONAL_SCENARIOS : RECIPES;
}

function contains(name: string, parts: string): boolean {
  return parts.split(",").some((part) => name.includes(part));
}
