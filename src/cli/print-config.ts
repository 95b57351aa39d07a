/** `authspike print-config`: the settings in force with their origins, or everything that may be set. */
import { configReference } from "../config/config-reference.ts";
import { configSchema } from "../config/config-schema.ts";
import { effectiveSettings, settingsJson, settingsYaml } from "../config/effective-settings.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import type { ConfigOptions } from "./config-options.ts";
import { loadConfigOrPrint } from "./config-options.ts";
import { EXIT_CODES } from "./exit-codes.ts";

export type PrintConfigFormat = "yaml" | "json" | "schema" | "markdown";

export type PrintConfigOptions = { readonly config: ConfigOptions; readonly format: PrintConfigFormat };

export async function runPrintConfig({ config, format }: PrintConfigOptions, context: CommandContext): Promise<number> {
  const { stdout } = context;
  if (format === "schema") printLine(stdout, JSON.stringify(configSchema(), null, 2));
  if (format === "markdown") printLine(stdout, configReference());
  if (format === "schema" || format === "markdown") return EXIT_CODES.ok;
  const loaded = loadConfigOrPrint(config, context);
  if (loaded === undefined) return EXIT_CODES.badConfiguration;
  const files = loaded.sources.map(({ path }) => path);
  const settings = effectiveSettings(loaded.tree, files);
  printLine(stdout, format === "json" ? settingsJson(settings) : settingsYaml(settings));
  return EXIT_CODES.ok;
}
