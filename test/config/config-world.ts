/** A directory with configuration files, and an environment, for tests of configuration. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../../src/config/config.ts";
import { renderConfigDiagnostics } from "../../src/config/diagnostic-text.ts";
import type { ConfigOutcome } from "../../src/config/load.ts";
import { loadConfig } from "../../src/config/load.ts";

export type Given = {
  /** Texts by file name; all but those in `besides` are merged in this order. */
  readonly files?: Readonly<Record<string, string>>;
  readonly besides?: Readonly<Record<string, string>>;
  /** Files that are asked for and do not exist. */
  readonly missing?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
};

export class ConfigWorld {
  readonly directory = mkdtempSync(join(tmpdir(), "authspike-config-"));

  load({ files = {}, besides = {}, missing = [], environment = {}, flags = {} }: Given): ConfigOutcome {
    for (const [name, text] of Object.entries({ ...files, ...besides }))
      writeFileSync(join(this.directory, name), text);
    return loadConfig({
      files: [...Object.keys(files), ...missing],
      flags: new Map(Object.entries(flags)),
      environment,
      workingDirectory: this.directory,
    });
  }

  /** Fails the test with the printed errors when the configuration is refused. */
  config(given: Given): Config {
    const outcome = this.load(given);
    if (outcome.kind === "ok") return outcome.config;
    assert.fail(renderConfigDiagnostics(outcome.diagnostics, outcome.sources).join("\n"));
  }

  /** What is printed of a configuration, in good cases the warnings. */
  texts(given: Given): readonly string[] {
    const outcome = this.load(given);
    const diagnostics = outcome.kind === "ok" ? outcome.warnings : outcome.diagnostics;
    return renderConfigDiagnostics(diagnostics, outcome.sources);
  }

  /** The code and place of each diagnostic: `authspike.yaml:3 AC102`. */
  codes(given: Given): readonly string[] {
    const outcome = this.load(given);
    const diagnostics = outcome.kind === "ok" ? outcome.warnings : outcome.diagnostics;
    return diagnostics.map(({ file, line, code }) => `${file}:${line} ${code}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
