/**
 * What a backtest takes from the configuration: how the service would read the same traffic.
 *
 * That is what services mean by their answers, whose word on clients is taken, how services are sampled, what
 * is redacted, how many endpoints are told apart, and where the rules are. Without a file nothing is read at
 * all, so that variables which were meant for the service (exporters, say) cannot spoil a backtest.
 */
import { configFilesOf } from "../config/load.ts";
import type { EngineSettings } from "../core/engine.ts";
import type { RedactionRules } from "../core/extraction/redaction/secrets-in-text.ts";
import { DEFAULT_RULES } from "../core/extraction/redaction/secrets-in-text.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { configRequest, loadConfigOrPrint } from "./config-options.ts";

export type BacktestSettings = {
  readonly engine: EngineSettings;
  /** null: nothing is redacted. */
  readonly redaction: RedactionRules | null;
  /** null when no configuration was read. */
  readonly rulesDirectory: string | null;
};

/** Nobody sees fingerprints of a backtest, so they need no secret, and two runs print the same. */
const CLIENT_KEY = [1, 2, 3, 4] as const;

const WITHOUT_CONFIGURATION: BacktestSettings = {
  engine: { clientKey: CLIENT_KEY, endpointsPerServiceMax: 10_000, endpointsMax: 1_000_000 },
  redaction: DEFAULT_RULES,
  rulesDirectory: null,
};

/** Undefined after everything wrong with the configuration was printed. */
export function readBacktestSettings(files: readonly string[], context: CommandContext): BacktestSettings | undefined {
  const found = configFilesOf(configRequest({ config: files }, context));
  if (found.length === 0) return WITHOUT_CONFIGURATION;
  // A file that nobody named in this call must not decide unseen.
  if (files.length === 0) printLine(context.stderr, `configuration: ${found.join(", ")}`);
  const loaded = loadConfigOrPrint({ config: files }, context);
  if (loaded === undefined) return undefined;
  const { clients, limits, outcomes, redaction, rules, sampling } = loaded.config;
  return {
    engine: { ...limits, clients, outcomes, sampling, clientKey: CLIENT_KEY },
    redaction,
    rulesDirectory: rules.directory,
  };
}
