/** The figures of a rule's conditions, each with its unit. */
import type { ConditionName } from "../rules/conditions.ts";
import { percent, significant } from "./words.ts";

/** `3x`, `5%`, `20`. */
export function conditionValue(name: ConditionName, value: number): string {
  return WRITERS[name](value);
}

const WRITERS: Readonly<Record<ConditionName, (value: number) => string>> = {
  ratio: (value) => `${significant(value)}x`,
  rate: percent,
  count: significant,
  deviation: significant,
};
