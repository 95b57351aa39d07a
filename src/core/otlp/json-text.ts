/**
 * JSON text as a value in which long whole numbers are still exact.
 *
 * `JSON.parse` reads every number as a double, which rounds beyond 2^53; a nanosecond timestamp that
 * a sender wrote as a number would come out wrong. Its reviver sees the source text, yet costs as much
 * as the parse many times over, so it is used only when the text holds a number that long. OTLP/JSON
 * asks for 64-bit integers as strings, so ordinary bodies never pay.
 *
 * A value takes far more memory than its text: 64 MiB of brackets came to 3 GiB and ten seconds. So
 * the objects and lists of a long text are counted before it is parsed.
 */
import { parseInteger } from "./json-integers.ts";

export type JsonText =
  | { readonly kind: "ok"; readonly value: unknown }
  | { readonly kind: "malformed"; readonly message: string };

/** Digits that start a value, not a string: 16 in a row, or as many around a point before an exponent. */
const LONG_NUMBER = /[:,[\s-](?:\d{16}|\d[\d.]{16,}[eE]\+?\d)/;

/** Shorter texts are parsed without a look: they cannot hold enough of anything to hurt. */
const LONG_TEXT_MIN_BYTES = 1024 * 1024;
/** Of a full 64 MiB it leaves 32 bytes for each, about what telemetry takes at its densest. */
export const CONTAINERS_MAX = 2_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A number beyond 2^53 without a fraction comes as a bigint. Texts of strangers come as bytes, and are bounded. */
export function parseJsonText(text: Uint8Array | string): JsonText {
  if (typeof text !== "string" && text.length >= LONG_TEXT_MIN_BYTES && hasTooManyContainers(text)) {
    return { kind: "malformed", message: `more than ${CONTAINERS_MAX} JSON objects and arrays: send smaller requests` };
  }
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

function hasTooManyContainers(text: Uint8Array): boolean {
  let count = 0;
  for (let position = 0; position < text.length; position++) {
    const byte = text[position];
    if (byte === QUOTE) position = findStringEnd(text, position + 1);
    else if ((byte === OPEN_BRACE || byte === OPEN_BRACKET) && ++count > CONTAINERS_MAX) return true;
  }
  return false;
}

/** Where the quote is that ends the string; the end of the text when none does. */
function findStringEnd(text: Uint8Array, start: number): number {
  let position = start;
  while (position < text.length && text[position] !== QUOTE) position += text[position] === BACKSLASH ? 2 : 1;
  return position;
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
