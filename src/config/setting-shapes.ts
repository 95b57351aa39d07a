/**
 * Shapes that only configuration needs: addresses, headers, paths, secrets.
 *
 * Bounds are put into the noun, because the reference page and `--help` are made from it.
 */
import * as scalars from "../core/text/scalar-shapes.ts";
import type { Field, Fields, Placed, Shape } from "../core/text/shape.ts";
import { mapped, object, placed, record, withDefault } from "../core/text/shape.ts";

export const PORT_MAX = 65_535;

export type HostAndPort = { readonly host: string; readonly port: number };

/** `localhost:4317`, `0.0.0.0:4318`, `[::1]:8401`. Port 0 takes any free one. */
export const listenAddress: Shape<HostAndPort> = scalars.scalar({
  noun: "host:port",
  schema: { type: "string", pattern: "^.+:[0-9]+$" },
  read: (value, refuse) => {
    if (/^:?\d+$/.test(value)) {
      const port = value.replace(":", "");
      return refuse("AS202", `the host is missing: "localhost:${port}" for this machine, "0.0.0.0:${port}" for all`);
    }
    const address = parseHostAndPort(value);
    return address ?? refuse("AS202", `expected host:port such as localhost:4317, not "${value.slice(0, 80)}"`);
  },
});

/** IPv6 addresses stand in brackets, which are not part of the host. */
export function parseHostAndPort(text: string): HostAndPort | undefined {
  const [, ipv6, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = ipv6 ?? name;
  const port = Number(digits);
  return host === undefined || port > PORT_MAX ? undefined : { host, port };
}

/** `http://backend:4318/base`; gRPC also takes `backend:4317`. The user and password of a URL are secrets. */
export const serviceAddress: Shape<string> = scalars.scalar({
  noun: "an address such as http://backend:4318",
  schema: { type: "string", maxLength: 2000 },
  read: (value, refuse) => {
    const isUrl = /^https?:\/\/[^\s/?#]+\S*$/.test(value) && URL.canParse(value);
    if (value.length <= 2000 && (isUrl || parseHostAndPort(value) !== undefined)) return value;
    return refuse("AS202", `expected ${serviceAddress.noun}, not "${withoutUserInfo(value).slice(0, 80)}"`);
  },
});

export function withoutUserInfo(address: string): string {
  return address.replace(/^(\w+:\/\/)[^/@]*@/, "$1********@");
}

/** A path, with the place from which it was read: a file's paths are relative to that file. */
export const filePath: Shape<Placed<string>> = placed(scalars.text({ noun: "a path", min: 1, max: 4096 }));

/** Names as HTTP allows them, without capitals, which gRPC does not know. */
const headerName: Shape<string> = scalars.scalar({
  noun: "a header's name",
  schema: { type: "string", pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", maxLength: 200 },
  read: (value, refuse) =>
    /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}$/.test(value)
      ? value.toLowerCase()
      : refuse("AS202", "this is no name that a header can have"),
});

const headerValue: Shape<string> = scalars.scalar({
  noun: "a header's value",
  schema: { type: "string", maxLength: 8192 },
  read: (value, refuse) =>
    /^[\t\x20-\x7e]{0,8192}$/.test(value)
      ? value
      : refuse("AS202", "a header's value is at most 8192 printable ASCII characters"),
});

/** Headers to send along. Their values are secrets: that is what they mostly carry. */
export const headers: Shape<Readonly<Record<string, string>>> = secret(
  mapped(record(headerValue, { shape: headerName, max: 50 }), (named) => Object.fromEntries(named)),
);

/** A bearer token as RFC 6750 allows it, long enough that nobody guesses it. */
export const bearerToken: Shape<string> = scalars.scalar({
  noun: "a token",
  schema: { type: "string", minLength: 8, maxLength: 4096, pattern: "^[A-Za-z0-9._~+/-]+=*$" },
  read: (value, refuse) => {
    if (value.length < 8 || value.length > 4096) return refuse("AS203", "a token has 8 to 4096 characters");
    const isToken = /^[A-Za-z0-9._~+/-]+=*$/.test(value);
    return isToken ? value : refuse("AS202", 'a token consists of letters, digits and "-._~+/", with "=" at its end');
  },
});

/**
 * JSON Schema's word for values that are given and never shown; everything that prints looks for it.
 * Diagnostics lose their "not what was found".
 */
export function secret<Value>(shape: Shape<Value>): Shape<Value> {
  return {
    ...shape,
    schema: { ...shape.schema, writeOnly: true },
    read: (node, report) =>
      shape.read(node, (diagnostic) => {
        report({ ...diagnostic, message: diagnostic.message.replace(/, not [\s\S]*$/, "") });
      }),
  };
}

export function isSecret(shape: Shape<unknown>): boolean {
  return shape.schema["writeOnly"] === true;
}

export function duration(bounds: { readonly min: string; readonly max: string }): Shape<number> {
  return withNoun(scalars.duration(bounds), `a duration from ${bounds.min} to ${bounds.max}`);
}

export function byteSize(bounds: { readonly min: string; readonly max: string }): Shape<number> {
  return withNoun(scalars.byteSize(bounds), `a size from ${bounds.min} to ${bounds.max}`);
}

export function wholeNumber(bounds: { readonly min: number; readonly max: number }): Shape<number> {
  return withNoun(scalars.wholeNumber(bounds), `a whole number from ${bounds.min} to ${bounds.max}`);
}

/** A whole number, unless it is left to the program. */
export function autoOrWholeNumber(bounds: { readonly min: number; readonly max: number }): Shape<number | "auto"> {
  const number = wholeNumber(bounds);
  return scalars.scalar({
    noun: `"auto" or ${number.noun}`,
    schema: { anyOf: [{ const: "auto" }, number.schema] },
    read: (value, _refuse, node, report) => (value === "auto" ? "auto" : number.read(node, report)),
  });
}

/** A group of settings, each of which may be left out, and so may the group. */
export function section<Definition extends Fields>(fields: Definition, help: string): Field<SectionValue<Definition>> {
  return withDefault(object(fields), {}, help);
}

type SectionValue<Definition extends Fields> = {
  readonly [Name in keyof Definition]: Definition[Name] extends Field<infer Value> ? Value : never;
};

function withNoun<Value>(shape: Shape<Value>, noun: string): Shape<Value> {
  return { ...shape, noun };
}
