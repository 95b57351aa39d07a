/** The forms in which lists are printed: columns for people, JSON for programs, a line each for streams. */
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { renderTable } from "./text-table.ts";

export const OUTPUTS = ["table", "json", "ndjson"] as const;
export type Output = (typeof OUTPUTS)[number];

export type Columns<Entry> = {
  readonly headers: readonly string[];
  readonly toRow: (entry: Entry) => readonly string[];
};

export function printEntries<Entry>(
  entries: readonly Entry[],
  { output, headers, toRow }: Columns<Entry> & { readonly output: Output },
  { stdout }: CommandContext,
): void {
  if (output === "json") printLine(stdout, JSON.stringify(entries, null, 2));
  if (output === "ndjson") for (const entry of entries) printLine(stdout, JSON.stringify(entry));
  if (output === "table") printLine(stdout, renderTable(headers, entries.map(toRow)));
}
