/** Spoils OTLP/JSON: as bytes, and as text in which one value stands where another was. */
import type { Random } from "../../support/random.ts";
import { spoilBytes } from "./mutate-protobuf.ts";

/** Values that parsers stumble over, as they stand in the text. */
const ODD_VALUES: readonly string[] = [
  ...["null", "true", "{}", "[]", '""', "-0", "1e400", "1e-400", "0.1", "-1", "2147483648", "18446744073709551616"],
  ...['"NaN"', '"-Infinity"', '"1e3"', '"0x10"', '" 1"', '"9223372036854775808"', "9007199254740993", "1E2"],
  ...['"\\ud800"', '"\\u0000"', '"\u202e"', '"SPAN_KIND_SERVER"', '{"__proto__":{"key":"a"}}', '{"constructor":1}'],
  ...["[[[[[[]]]]]]", "{", "}", "]", ",", ":", '"', "\\", "\u00a0", "// remark", "NaN", "undefined", "01", "+1", "1."],
];
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{}]/g;
const NESTING_MAX = 2_000;

export function mutateJson(valid: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.3)) return spoilBytes(valid, random);
  let text = Buffer.from(valid).toString("utf8");
  for (let count = 1 + random.integer(3); count > 0; count--) text = spoilText(text, random);
  return Buffer.from(text);
}

function spoilText(text: string, random: Random): string {
  const tokens = [...text.matchAll(TOKEN)];
  if (tokens.length === 0) return random.pick(ODD_VALUES);
  const token = random.pick(tokens);
  const other = random.pick(tokens);
  const start = token.index;
  const end = start + token[0].length;
  const replacement = random.chance(0.15) ? nested(random) : random.chance(0.3) ? other[0] : random.pick(ODD_VALUES);
  return text.slice(0, start) + replacement + text.slice(end);
}

function nested(random: Random): string {
  const depth = 1 + random.integer(NESTING_MAX);
  const [open = "", close = ""] = random.pick([
    ["[", "]"],
    ['{"arrayValue":{"values":[', "]}}"],
    ['{"kvlistValue":{"values":[{"value":', "}]}}"],
  ]);
  return open.repeat(depth) + (random.chance(0.5) ? close.repeat(depth) : "");
}
