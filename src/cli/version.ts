/** `authspike version`: the release, and what it runs on. */
import { readVersion } from "../config/version.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";

export async function runVersion(
  { output }: { readonly output: "text" | "json" },
  { stdout }: CommandContext,
): Promise<number> {
  const facts = {
    version: readVersion(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  };
  const text = `authspike ${facts.version} (Node ${facts.node}, ${facts.platform})`;
  printLine(stdout, output === "json" ? JSON.stringify(facts) : text);
  return EXIT_CODES.ok;
}
