/**
 * `authspike validate`: would `run` start? Checks the configuration, then the rules that it names.
 *
 * Exits with 78 for a bad configuration, 1 for bad rules, 3 for mere warnings under `--strict`.
 */
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import type { ConfigOptions } from "./config-options.ts";
import { loadConfigOrPrint } from "./config-options.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { runRulesCheck } from "./rules-check.ts";

export type ValidateOptions = { readonly config: ConfigOptions; readonly strictness: "strict" | "lenient" };

export async function runValidate(options: ValidateOptions, context: CommandContext): Promise<number> {
  const loaded = loadConfigOrPrint(options.config, context);
  if (loaded === undefined) return EXIT_CODES.badConfiguration;
  const read = loaded.sources.map(({ path }) => path).join(", ");
  printLine(context.stdout, `configuration is valid${read === "" ? " (defaults, no file)" : `: ${read}`}`);
  const { directory } = loaded.config.rules;
  const checked = await runRulesCheck({ directory, strictness: options.strictness, format: "text" }, context);
  if (checked !== EXIT_CODES.ok || options.strictness === "lenient") return checked;
  return loaded.warnings.length > 0 ? EXIT_CODES.warnings : EXIT_CODES.ok;
}
