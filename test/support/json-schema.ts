/**
 * Judges values by the part of JSON schema that our generated schemas use. An unknown keyword fails
 * the test that uses it, so that no promise of a schema goes unchecked.
 */
import assert from "node:assert/strict";
import type { JsonSchema } from "../../src/core/text/shape.ts";

const ANNOTATIONS = new Set(["$schema", "title", "description", "default", "format"]);

/** Every violation, each with its path. */
export function schemaViolations(schema: JsonSchema, value: unknown, path = "$"): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, expected]) =>
    violationsOf({ schema, keyword, expected, value, path }),
  );
}

type Judgement = {
  readonly schema: JsonSchema;
  readonly keyword: string;
  readonly expected: unknown;
  readonly value: unknown;
  readonly path: string;
};

function violationsOf({ schema, keyword, expected, value, path }: Judgement): readonly string[] {
  const unless = (isRight: boolean) => (isRight ? [] : [`${path}: ${keyword} ${JSON.stringify(expected)}`]);
  const size = typeof value === "object" && value !== null ? Object.keys(value).length : undefined;
  const members = isRecord(value) ? Object.entries(value) : [];
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  if (ANNOTATIONS.has(keyword)) return [];
  switch (keyword) {
    case "type":
      return unless([expected].flat().some((type) => hasType(value, String(type))));
    case "enum":
      return unless(Array.isArray(expected) && expected.includes(value));
    case "anyOf":
      return unless((expected as JsonSchema[]).some((option) => schemaViolations(option, value, path).length === 0));
    case "required":
      return unless(!isRecord(value) || (expected as string[]).every((name) => name in value));
    case "properties":
      return members.flatMap(([name, member]) =>
        Object.hasOwn(properties, name)
          ? schemaViolations(properties[name] as JsonSchema, member, `${path}.${name}`)
          : [],
      );
    case "additionalProperties":
      return members
        .filter(([name]) => !Object.hasOwn(properties, name))
        .flatMap(([name, member]) =>
          expected === false
            ? [`${path}.${name}: not allowed`]
            : schemaViolations(expected as JsonSchema, member, `${path}.${name}`),
        );
    case "propertyNames":
      return members.flatMap(([name]) => schemaViolations(expected as JsonSchema, name, `${path}.${name} (name)`));
    case "items":
      return Array.isArray(value)
        ? value.flatMap((item, index) => schemaViolations(expected as JsonSchema, item, `${path}[${index}]`))
        : [];
    case "minItems":
      return unless(!Array.isArray(value) || value.length >= Number(expected));
    case "maxItems":
      return unless(!Array.isArray(value) || value.length <= Number(expected));
    case "maxProperties":
      return unless(size === undefined || size <= Number(expected));
    case "minimum":
      return unless(typeof value !== "number" || value >= Number(expected));
    case "maximum":
      return unless(typeof value !== "number" || value <= Number(expected));
    case "minLength":
      return unless(typeof value !== "string" || value.length >= Number(expected));
    case "maxLength":
      return unless(typeof value !== "string" || value.length <= Number(expected));
    case "pattern":
      return unless(typeof value !== "string" || new RegExp(String(expected)).test(value));
    default:
      assert.fail(`the keyword ${keyword} at ${path} is not judged here`);
  }
}

function hasType(value: unknown, type: string): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isRecord(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
