/** `authspike rules schema`: what may stand in a rule file, for editors (JSON schema) or people (Markdown). */
import { ruleReference } from "../core/rules/rule-reference.ts";
import { ruleFileSchema } from "../core/rules/rule-schema.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";

export type RulesSchemaOptions = { readonly format: "json" | "markdown" };

export async function runRulesSchema({ format }: RulesSchemaOptions, { stdout }: CommandContext): Promise<number> {
  printLine(stdout, format === "json" ? JSON.stringify(ruleFileSchema(), null, 2) : ruleReference());
  return EXIT_CODES.ok;
}
