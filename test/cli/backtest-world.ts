/** A recorded attack on a login, and the backtest command on it. */
import { join } from "node:path";
import { Readable } from "node:stream";
import type { BacktestOptions } from "../../src/cli/backtest.ts";
import { runBacktest } from "../../src/cli/backtest.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/core/time.ts";
import { commandWorld, filesIn } from "../support/command-world.ts";
import { Random } from "../support/random.ts";

export const START = Date.UTC(2026, 2, 2, 9);
export const ONSET = START + HOUR_MS;
export const ATTACK_MS = MINUTE_MS;

export const RULES = `rules:
  - id: login-401
    match: {route: /login}
    count: {outcome: unauthenticated}
    severity: critical
    keep_firing_for: 1m
    runbook: https://runbooks.example.com/login
routes: [{notify: [log]}]
`;

export type Sample = { readonly at: number; readonly status: number; readonly client: string };

/** An hour of 5 % failures on a login, a minute of stuffing from forty addresses, ten minutes of calm. */
export function attack(seed = 11): readonly Sample[] {
  const random = new Random(seed);
  const samples: Sample[] = [];
  let at = START;
  const play = (until: number, everyMs: number, failureShare: number) => {
    for (; at < until; at += everyMs) {
      const client = `203.0.113.${random.integer(40)}`;
      samples.push({ at, status: random.chance(failureShare) ? 401 : 200, client });
    }
  };
  play(ONSET, 500, 0.05);
  play(ONSET + ATTACK_MS, 100, 0.9);
  play(ONSET + ATTACK_MS + 10 * MINUTE_MS, 500, 0.05);
  return samples;
}

export function asRequest({ at, status, client }: Sample, route = "/login"): string {
  return JSON.stringify({ time: at, service: "auth", env: "prod", method: "POST", route, status, client });
}

export type BacktestRun = { readonly code: number; readonly printed: string; readonly complained: string };

/** `files` by path; `rules/` holds the rules unless `directories` says otherwise, relative to where the files are. */
export async function backtest(
  content: string | Uint8Array,
  { configVariable = null, ...options }: Partial<BacktestOptions> & { readonly configVariable?: string | null } = {},
  files: Readonly<Record<string, string>> = { "rules/auth.yaml": RULES },
): Promise<BacktestRun> {
  using written = filesIn(files);
  const place = (path: string) => join(written.directory, path);
  const world = commandWorld({
    environment: configVariable === null ? {} : { AUTHSPIKE_CONFIG: place(configVariable) },
  });
  const context = { ...world.context, stdin: Readable.from([Buffer.from(content)]) };
  const code = await runBacktest(
    {
      inputs: ["-"],
      format: null,
      output: "ndjson",
      strictness: "lenient",
      service: "auth",
      environment: "prod",
      ...options,
      directories: (options.directories ?? ["rules"]).map(place),
      config: (options.config ?? []).map(place),
    },
    context,
  );
  const shown = (text: string) => text.replaceAll(`${written.directory}/`, "");
  return { code, printed: shown(world.printed()), complained: shown(world.complained()) };
}
