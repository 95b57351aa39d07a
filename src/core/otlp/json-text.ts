/**
 * JSON text as a value in which long whole numbers are still exact.
 *
 * `JSON.parse` reads every number as a double, which rounds beyond 2^53; a nanosecond timestamp that
 * a sender wrote as a number would come out wrong. Its reviver sees the source text, yet costs as much
 * as the parse many times over, so it is used only when the text holds a number that long. OTLP/JSON
 * asks for 64-bit integers as strings, so ordinary bodies never pay.
 */
import { parseInteger } from "./json-integers.ts";

export type JsonText =
  | { readonly kind: "ok"; readonly value: unknown }
  | { readonly kind: "malformed"; readonly message: string };

/** Digits that start a value, not a string: 16 in a row, or as many around a point before an exponent. */
const LONG_NUMBER = /[:,[\s-](?:\d{16}|\d[\d.]{16,}[eE]\+?\d)/;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A number beyond 2^53 without a fraction comes as a bigint. */
export function parseJsonText(text: Uint8Array | string): JsonText {
  const decoded = typeof text === "string" ? text : decodeUtf8(text);
  if (decoded === undefined) return { kind: "malformed", message: "the JSON text is not UTF-8" };
  try {
    const reviver = LONG_NUMBER.test(decoded) ? keepExactInteger : undefined;
    return { kind: "ok", value: JSON.parse(decoded, reviver) };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: "malformed", message: `not valid JSON: ${error.message}` };
    // With a reviver the parser recurses, and a text of brackets alone exhausts the stack.
    if (error instanceof RangeError) return { kind: "malformed", message: "JSON nested too deeply" };
    throw error;
  }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function keepExactInteger(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  return parseInteger(context?.source ?? "") ?? value;
}
