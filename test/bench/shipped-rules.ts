/** The rules that come with authspike, as texts by file name. */
import { readdirSync, readFileSync } from "node:fs";

const directory = new URL("../../rules/", import.meta.url);

export function shippedRuleFiles(): Readonly<Record<string, string>> {
  const names = readdirSync(directory).filter((name) => name.endsWith(".yaml") && !name.endsWith(".test.yaml"));
  return Object.fromEntries(names.map((name) => [name, readFileSync(new URL(name, directory), "utf8")]));
}
