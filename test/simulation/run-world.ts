/** Plays one world from start to end in a directory of its own, and tells what was broken in it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Episode } from "./checkers.ts";
import { episodesOf, findBreaches } from "./checkers.ts";
import type { WorldOptions } from "./simulated-world.ts";
import { SimulatedWorld } from "./simulated-world.ts";

export type WorldReport = {
  readonly breaches: readonly string[];
  readonly story: readonly string[];
  readonly episodes: readonly Episode[];
  /** Moments at which bursts began, on one endpoint or on several. */
  readonly strikes: number;
  readonly bursts: number;
  readonly incidents: number;
  readonly events: number;
  readonly restarts: number;
};

export async function runWorld(options: Omit<WorldOptions, "directory">): Promise<WorldReport> {
  const directory = mkdtempSync(join(tmpdir(), "authspike-simulation-"));
  try {
    const world = new SimulatedWorld({ ...options, directory });
    await world.play();
    return {
      breaches: findBreaches(world),
      story: world.story,
      episodes: episodesOf(world.transitions()),
      strikes: new Set(world.bursts.map(({ startsAt }) => startsAt)).size,
      bursts: world.bursts.length,
      incidents: world.pagerDuty.incidents.all.length,
      events: world.pagerDuty.events.length,
      restarts: world.crashCount,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
