/** Shapes of what protects people: names and tokens for the redaction, ranges of proxies. */
import type { AddressRange } from "../core/extraction/address-ranges.ts";
import { parseAddressRange } from "../core/extraction/address-ranges.ts";
import { scalar } from "../core/text/scalar-shapes.ts";
import type { Shape } from "../core/text/shape.ts";

const NAME_PATTERN = "^[A-Za-z0-9_.-]{3,200}$";
const PREFIX_PATTERN = "^[A-Za-z0-9_.-]{3,60}$";

/** In lower case, since names of headers come in any. */
export const secretName: Shape<string> = scalar({
  noun: "an attribute's or a header's name",
  schema: { type: "string", pattern: NAME_PATTERN },
  read: (value, refuse) =>
    new RegExp(NAME_PATTERN).test(value)
      ? value.toLowerCase()
      : refuse("AS202", 'a name has 3 to 200 letters, digits, ".", "_" or "-"'),
});

export const tokenPrefix: Shape<string> = scalar({
  noun: "the beginning of a token",
  schema: { type: "string", pattern: PREFIX_PATTERN },
  read: (value, refuse) =>
    new RegExp(PREFIX_PATTERN).test(value)
      ? value
      : refuse("AS202", 'the beginning of a token has 3 to 60 letters, digits, ".", "_" or "-"'),
});

export const addressRange: Shape<AddressRange> = scalar({
  noun: "an address or a range such as 10.0.0.0/8",
  schema: { type: "string", pattern: "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$" },
  read: (value, refuse) =>
    parseAddressRange(value) ?? refuse("AS202", `expected ${addressRange.noun}, not "${value.slice(0, 80)}"`),
});
