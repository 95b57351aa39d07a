/**
 * Shapes of single values: words, numbers, and quantities that must carry their unit.
 *
 * Every refusal says what is wrong and, where it can be told, what was meant: `60` becomes `60s`.
 * Bounds are given as text, in the form in which they are told to the person.
 */
import { assert } from "../assert.ts";
import { withSuggestion } from "../diagnostic.ts";
import {
  formatByteSize,
  formatDuration,
  formatFactor,
  formatPercentage,
  parseByteSize,
  parseDuration,
  parseFactor,
  parsePercentage,
  parseWholeNumber,
} from "./quantity.ts";
import type { JsonSchema, Shape } from "./shape.ts";
import { wrongKind } from "./shape.ts";
import type { Report, ScalarNode } from "./yaml-document.ts";
import { errorAt } from "./yaml-document.ts";

/** The usual way to define a scalar: `read` gets the text, and reports through `refuse`. */
export function scalar<Value>(definition: {
  readonly noun: string;
  readonly schema: JsonSchema;
  readonly read: (
    text: string,
    refuse: (code: string, message: string) => undefined,
    node: ScalarNode,
    report: Report,
  ) => Value | undefined;
}): Shape<Value> {
  const { noun, schema } = definition;
  return {
    noun,
    schema,
    read: (node, report) => {
      if (node.kind !== "scalar" || node.value === null) return wrongKind(node, noun, report);
      const refuse = (code: string, message: string): undefined => {
        report(errorAt(node.place, code, message));
        return undefined;
      };
      return definition.read(scalarText(node), refuse, node, report);
    },
  };
}

/** Free text. An unquoted number or boolean is refused: YAML would turn `1.10` into `1.1`. */
export function text(options: { readonly noun?: string; readonly min?: number; readonly max: number }): Shape<string> {
  const { noun = "a text", min = 0, max } = options;
  return scalar({
    noun,
    schema: { type: "string", ...(min > 0 && { minLength: min }), maxLength: max },
    read: (value, refuse, node) => {
      if (typeof node.value !== "string") return refuse("AS103", `expected ${noun}; put it in quotes: "${value}"`);
      if (value.length < min) return refuse("AS202", `expected ${noun}, not an empty text`);
      if (value.length > max) return refuse("AS203", `at most ${max} characters, not ${value.length}`);
      return value;
    },
  });
}

/** A name that other places refer to: letters, digits, `.`, `_`, `-`, beginning with a letter or digit. */
export function identifier(options: { readonly noun?: string; readonly max?: number } = {}): Shape<string> {
  const { noun = "a name", max = 100 } = options;
  const pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$";
  const form = new RegExp(pattern);
  return scalar({
    noun,
    schema: { type: "string", pattern, maxLength: max },
    read: (value, refuse) => {
      if (!form.test(value))
        return refuse(
          "AS202",
          `${noun} consists of letters, digits, ".", "_" and "-", and begins with a letter or digit`,
        );
      if (value.length > max) return refuse("AS203", `${noun} has at most ${max} characters, not ${value.length}`);
      return value;
    },
  });
}

/** One word of a closed list. */
export function oneOf<const Word extends string>(words: readonly Word[], noun?: string): Shape<Word> {
  const listed = words.map((word) => `"${word}"`).join(", ");
  return scalar({
    noun: noun ?? `one of ${listed}`,
    schema: { enum: words },
    read: (value, refuse) => {
      const found = words.find((word) => word === value);
      return (
        found ??
        refuse("AS204", `${withSuggestion(`"${value}" is not possible here`, value, words)} (one of ${listed})`)
      );
    },
  });
}

export const boolean: Shape<boolean> = scalar({
  noun: "true or false",
  schema: { type: "boolean" },
  read: (value, refuse) => {
    if (value === "true") return true;
    if (value === "false") return false;
    return refuse("AS202", `expected true or false, not "${value}"`);
  },
});

/** A whole number; `_` may group its digits. */
export function wholeNumber(bounds: { readonly min: number; readonly max: number }): Shape<number> {
  const { min, max } = bounds;
  return scalar({
    noun: "a whole number",
    schema: {
      anyOf: [
        { type: "integer", minimum: min, maximum: max },
        { type: "string", pattern: "^[0-9]+(_[0-9]+)*$" },
      ],
    },
    read: (value, refuse, node) => {
      const number = typeof node.value === "number" ? node.value : parseWholeNumber(value);
      if (number === undefined || !Number.isInteger(number))
        return refuse("AS202", `expected a whole number, not "${value}"`);
      return within(number, { min, max, format: String }, refuse);
    },
  });
}

/** Any finite number. */
export function number(bounds: { readonly min: number; readonly max: number }): Shape<number> {
  const { min, max } = bounds;
  return scalar({
    noun: "a number",
    schema: { type: "number", minimum: min, maximum: max },
    read: (value, refuse, node) => {
      const isWritten = typeof node.value === "number" || /^\d+(\.\d+)?$/.test(value);
      if (!isWritten || !Number.isFinite(Number(value))) return refuse("AS202", `expected a number, not "${value}"`);
      return within(Number(value), { min, max, format: String }, refuse);
    },
  });
}

/** Milliseconds of `30s`, `1h30m`. A bare number is refused, with the unit that was probably meant. */
export function duration(bounds: { readonly min: string; readonly max: string }): Shape<number> {
  return quantity(bounds, {
    word: "duration",
    noun: "a duration such as 30s or 1h30m",
    pattern: "^([0-9]+(\\.[0-9]+)?(ms|[dhms]))+$",
    usualUnit: "s",
    parse: parseDuration,
    format: formatDuration,
  });
}

/** Bytes of `64MiB`, `10MB`. */
export function byteSize(bounds: { readonly min: string; readonly max: string }): Shape<number> {
  return quantity(bounds, {
    word: "size",
    noun: "a size such as 64MiB",
    pattern: "^[0-9]+(\\.[0-9]+)?([KMGT]iB|[kMGT]?B)$",
    usualUnit: "MiB",
    parse: parseByteSize,
    format: formatByteSize,
  });
}

/** A share from 0 to 1, written `5%`. */
export function percentage(bounds: { readonly min: string; readonly max: string }): Shape<number> {
  return quantity(bounds, {
    word: "percentage",
    noun: "a percentage such as 5%",
    pattern: "^[0-9]+(\\.[0-9]+)?%$",
    usualUnit: "%",
    parse: parsePercentage,
    format: formatPercentage,
  });
}

/** A multiple, written `3x`. */
export function factor(bounds: { readonly min: string; readonly max: string }): Shape<number> {
  return quantity(bounds, {
    word: "factor",
    noun: "a factor such as 3x",
    pattern: "^[0-9]+(\\.[0-9]+)?x$",
    usualUnit: "x",
    parse: parseFactor,
    format: formatFactor,
  });
}

/** Minutes since midnight of `"22:00"`. */
export const timeOfDay: Shape<number> = scalar({
  noun: 'a time of day such as "22:00"',
  schema: { type: "string", pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$" },
  read: (value, refuse) => {
    const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(value) ?? [];
    if (hours === undefined || minutes === undefined)
      return refuse("AS202", `expected a time of day from "00:00" to "23:59", not "${value}"`);
    return Number(hours) * 60 + Number(minutes);
  },
});

export type CalendarDate = { readonly year: number; readonly month: number; readonly day: number };

/** `2026-12-31`, a day that exists. */
export const calendarDate: Shape<CalendarDate> = scalar({
  noun: "a date such as 2026-12-31",
  schema: { type: "string", format: "date" },
  read: (value, refuse) => {
    const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value)?.map(Number) ?? [];
    if (year === undefined || month === undefined || day === undefined)
      return refuse("AS202", `expected a date such as 2026-12-31, not "${value}"`);
    if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month))
      return refuse("AS202", `there is no day "${value}"`);
    return { year, month, day };
  },
});

/** An absolute URL of one of the schemes given. */
export function url(schemes: readonly string[]): Shape<string> {
  const form = new RegExp(`^(${schemes.join("|")})://[^\\s/?#]+[^\\s]*$`);
  const noun = `an address beginning with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`;
  return scalar({
    noun,
    schema: { type: "string", pattern: form.source, maxLength: 2000 },
    read: (value, refuse) => {
      if (value.length > 2000) return refuse("AS203", `at most 2000 characters, not ${value.length}`);
      return form.test(value) ? value : refuse("AS202", `expected ${noun}, not "${value.slice(0, 80)}"`);
    },
  });
}

/** A scalar's text as written: `1_000` and `1.10` keep their form, quoted text loses its quotes. */
export function scalarText(node: ScalarNode): string {
  return typeof node.value === "string" ? node.value : node.source;
}

type Quantity = {
  readonly word: string;
  readonly noun: string;
  readonly pattern: string;
  readonly usualUnit: string;
  readonly parse: (text: string) => number | undefined;
  readonly format: (value: number) => string;
};

function quantity(bounds: { readonly min: string; readonly max: string }, kind: Quantity): Shape<number> {
  const min = kind.parse(bounds.min);
  const max = kind.parse(bounds.max);
  assert(min !== undefined && max !== undefined, `bounds ${bounds.min} and ${bounds.max} are no ${kind.word}`);
  return scalar({
    noun: kind.noun,
    schema: { type: "string", pattern: kind.pattern },
    read: (value, refuse) => {
      if (/^\d+(\.\d+)?$/.test(value)) {
        return refuse("AS201", `${kind.word} "${value}" needs a unit; did you mean "${value}${kind.usualUnit}"?`);
      }
      const amount = kind.parse(value);
      if (amount === undefined || !Number.isFinite(amount))
        return refuse("AS202", `expected ${kind.noun}, not "${value.slice(0, 80)}"`);
      return within(amount, { min, max, format: kind.format }, refuse);
    },
  });
}

type Bounds = { readonly min: number; readonly max: number; readonly format: (value: number) => string };

function within(
  value: number,
  bounds: Bounds,
  refuse: (code: string, message: string) => undefined,
): number | undefined {
  if (value < bounds.min)
    return refuse("AS203", `${bounds.format(value)} is below the minimum of ${bounds.format(bounds.min)}`);
  if (value > bounds.max)
    return refuse("AS203", `${bounds.format(value)} is above the maximum of ${bounds.format(bounds.max)}`);
  return value;
}

function daysInMonth(year: number, month: number): number {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (month === 2) return isLeapYear ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
