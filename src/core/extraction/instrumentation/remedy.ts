/** What to change, for each instrumentation that needs words of its own. */
import type { Instrumentation, InstrumentationId } from "./known-instrumentations.ts";

export type Remedy = {
  /** For whoever is not among the others. */
  readonly any: string;
  /** By instrumentation, else by family. */
  readonly by?: Readonly<Partial<Record<InstrumentationId, string>>>;
};

export function remedyText({ any, by = {} }: Remedy, { family, id }: Instrumentation): string {
  return by[id] ?? by[family] ?? any;
}
