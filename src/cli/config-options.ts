/**
 * The options of commands that need the configuration: `-c FILE` and one flag for each setting.
 */
import type { Command } from "commander";
import { Option } from "commander";
import { renderConfigDiagnostics } from "../config/diagnostic-text.ts";
import type { ConfigOutcome, ConfigRequest } from "../config/load.ts";
import { CONFIG_VARIABLE, loadConfig } from "../config/load.ts";
import type { SettingRow } from "../config/setting-rows.ts";
import { SETTING_ROWS } from "../config/setting-rows.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";

/** As commander hands them over: by the flag's name in camel case. */
export type ConfigOptions = { readonly config?: readonly string[]; readonly [setting: string]: unknown };

export type LoadedConfig = Extract<ConfigOutcome, { kind: "ok" }>;

export function addConfigOptions(command: Command): Command {
  command.addOption(
    new Option(
      "-c, --config <file>",
      `configuration file; repeatable, the later one wins [${CONFIG_VARIABLE}]`,
    ).argParser((file: string, before: readonly string[] | undefined) => [...(before ?? []), file]),
  );
  for (const row of SETTING_ROWS) {
    const option = settingOption(row);
    if (option !== undefined) command.addOption(option);
  }
  return command;
}

export function configRequest(options: ConfigOptions, { environment }: CommandContext): ConfigRequest {
  const flags = new Map<string, string>();
  for (const { flag } of SETTING_ROWS) {
    const value = flag === null ? undefined : options[camelCase(flag)];
    if (flag !== null && typeof value === "string") flags.set(flag, value);
  }
  return { files: options.config ?? [], flags, environment, workingDirectory: process.cwd() };
}

/** The configuration, with its warnings printed; undefined after everything wrong with it was printed. */
export function loadConfigOrPrint(options: ConfigOptions, context: CommandContext): LoadedConfig | undefined {
  const outcome = loadConfig(configRequest(options, context));
  const diagnostics = outcome.kind === "ok" ? outcome.warnings : outcome.diagnostics;
  for (const text of renderConfigDiagnostics(diagnostics, outcome.sources)) printLine(context.stderr, text);
  return outcome.kind === "ok" ? outcome : undefined;
}

function settingOption({ flag, form, help, variable, absent }: SettingRow): Option | undefined {
  if (flag === null || variable === null) return undefined;
  const fallback = absent.kind === "default" && form === "scalar" ? ` (default: ${String(absent.text)})` : "";
  return new Option(`--${flag} <${form === "scalar" ? "value" : "a,b"}>`, `${help}${fallback} [${variable}]`).helpGroup(
    "Settings:",
  );
}

function camelCase(flag: string): string {
  return flag.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());
}
