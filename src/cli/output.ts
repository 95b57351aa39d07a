/** The forms in which answers are printed: columns for people, JSON for programs, a line each for streams. */
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { renderTable } from "./text-table.ts";

export const OUTPUTS = ["table", "json", "ndjson"] as const;
export type Output = (typeof OUTPUTS)[number];

export type Columns<Entry> = {
  readonly headers: readonly string[];
  readonly toRow: (entry: Entry) => readonly string[];
};

/** One answer in each form: whole, in lines, and in words. */
export type Forms = {
  readonly whole: unknown;
  readonly lines: readonly unknown[];
  readonly text: () => string;
};

export function printAs(output: Output, { whole, lines, text }: Forms, { stdout }: CommandContext): void {
  if (output === "json") printLine(stdout, JSON.stringify(whole, null, 2));
  if (output === "ndjson") for (const line of lines) printLine(stdout, JSON.stringify(line));
  if (output === "table") printLine(stdout, text());
}

export function printEntries<Entry>(
  entries: readonly Entry[],
  { output, headers, toRow }: Columns<Entry> & { readonly output: Output },
  context: CommandContext,
): void {
  printAs(output, { whole: entries, lines: entries, text: () => renderTable(headers, entries.map(toRow)) }, context);
}
