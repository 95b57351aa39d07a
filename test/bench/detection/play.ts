/** Plays one scenario to all contestants at once: its stream is drawn once and never held. */
import type { Entrant } from "./contestant.ts";
import type { Scenario } from "./scenario.ts";
import type { ScenarioScore } from "./score.ts";
import { AttackWatcher, scorePages } from "./score.ts";

export type Played = { readonly requests: number; readonly scores: readonly ScenarioScore[] };

/** Scores are in the order of the entrants. */
export function play(scenario: Scenario, entrants: readonly Entrant[]): Played {
  const contestants = entrants.map(({ enter }) => enter(scenario));
  const watcher = new AttackWatcher(scenario);
  let requests = 0;
  for (const request of scenario.stream()) {
    requests++;
    watcher.observe(request);
    for (const contestant of contestants) contestant.observe(request);
  }
  const windows = watcher.windows();
  return { requests, scores: contestants.map((contestant) => scorePages(scenario, windows, contestant.finish())) };
}
