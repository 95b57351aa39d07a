/** Plays an episode to the engine with the shipped rules, and says what it was called. */

import { Replay } from "../../../src/cli/replay.ts";
import type { Alert, Effect } from "../../../src/core/alerts/alert.ts";
import type { EngineSettings } from "../../../src/core/engine.ts";
import { Engine } from "../../../src/core/engine.ts";
import { MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { Random } from "../../support/random.ts";
import { ruleSetOf } from "../../support/rule-bundles.ts";
import { VIRTUAL_START } from "../../support/virtual-scheduler.ts";
import { shippedRuleFiles } from "../shipped-rules.ts";
import type { Episode } from "./episodes.ts";
import { EPISODES, LOGIN, PEOPLE_ROUTES, person } from "./episodes.ts";

const SETTINGS: EngineSettings = { clientKey: [1, 2, 3, 4], endpointsPerServiceMax: 1000, endpointsMax: 10_000 };
const RULES = ruleSetOf(shippedRuleFiles());
const BEFORE_MS = 40 * MINUTE_MS;
const AFTER_MS = 15 * MINUTE_MS;
const USUAL = { attributes: { "service.version": "1.0.0" } };

/** What was meant, and what was said: a pattern, `nothing` in an alert without one, `silent` without an alert. */
export function nameEpisode(kind: string, seed: number): { readonly truth: string; readonly named: string } {
  const random = new Random(seed);
  const episode = EPISODES[kind]?.(random);
  if (episode === undefined) throw new RangeError(`no such episode: ${kind}`);
  const alerts = new Map<string, Alert>();
  const take = (effects: readonly Effect[]): void => {
    for (const effect of effects)
      if (effect.kind === "record") alerts.set(effect.transition.alert.id, effect.transition.alert);
  };
  play(
    new Replay({ engine: new Engine(SETTINGS, RULES), clientKey: SETTINGS.clientKey, onEffects: take }),
    episode,
    random,
  );
  const [worst] = [...alerts.values()].sort((left, right) => right.evidence.failures - left.evidence.failures);
  const named = worst === undefined ? "silent" : (worst.evidence.pattern ?? "nothing");
  return { truth: episode.truth ?? "nothing", named };
}

function play(replay: Replay, episode: Episode, random: Random): void {
  const people = 40 + random.integer(100);
  const perSecond = 3 + 4 * random.uniform();
  const slips = 0.01 + 0.03 * random.uniform();
  const end = BEFORE_MS + episode.lastsMs;
  for (let at = 0; at < end + AFTER_MS; at += SECOND_MS) {
    const isOn = at >= BEFORE_MS && at < end;
    const usual = Array.from({ length: random.poisson(perSecond) }, () => {
      const route = random.chance(0.4) ? LOGIN : random.pick(PEOPLE_ROUTES);
      const httpStatus = random.chance(slips) ? 401 : 200;
      const fate = isOn ? (episode.people?.(route) ?? null) : null;
      const method = route === LOGIN ? "POST" : "GET";
      return { method, route, httpStatus, client: person(random.integer(people)), ...USUAL, ...fate };
    });
    const extra = isOn ? episode.extra((at - BEFORE_MS) / SECOND_MS) : [];
    for (const request of [...usual, ...extra]) {
      const time = VIRTUAL_START + at;
      replay.request({ service: "shop", endedAt: time, ...request }, time);
    }
  }
  replay.settle(60 * MINUTE_MS);
}
