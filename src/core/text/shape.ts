/**
 * Shapes: one definition of a file's structure from which everything else follows.
 *
 * A shape knows how to read a YAML node into a typed value or diagnostics, and its JSON Schema. A
 * field adds what people need: whether it may be left out, what then holds, and a sentence of help.
 * So the TypeScript type, the error messages, the editor's completion and the reference page cannot
 * disagree. Reading never stops at the first fault: everything wrong is told in one go.
 */

import { assert } from "../assert.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { nearestName, withSuggestion } from "../diagnostic.ts";
import type { MapEntry, MapNode, Place, Report, YamlNode } from "./yaml-document.ts";
import { errorAt, nodeOf } from "./yaml-document.ts";

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonSchema = { readonly [key: string]: JsonValue };

/** `undefined` from `read` means: unreadable, and reported. No shape reads a value that is undefined. */
export type Shape<Value> = {
  /** What belongs here, to follow "expected": `a duration such as 30s`. */
  readonly noun: string;
  readonly read: (node: YamlNode, report: Report) => Value | undefined;
  readonly schema: JsonSchema;
  /** The fields of the objects in it, for reference pages; absent where there are none. */
  readonly fields?: Fields;
};

/** The type that a shape reads: `type Limits = ValueOf<typeof limitsShape>`. */
export type ValueOf<AnyShape> = AnyShape extends Shape<infer Value> ? Value : never;

export type Field<Value> = {
  readonly shape: Shape<Value>;
  /** One sentence, shown by editors and reference pages. */
  readonly help: string;
  readonly absent: Absence<Value>;
};

export type Absence<Value> =
  | { readonly kind: "refused" }
  | { readonly kind: "allowed"; readonly value: Value }
  /** `text` is the default as a person would write it, `value` what it reads as. */
  | { readonly kind: "default"; readonly text: JsonValue; readonly value: Value };

export type Fields = { readonly [name: string]: Field<unknown> };

export function required<Value>(shape: Shape<Value>, help: string): Field<Value> {
  return { shape, help, absent: { kind: "refused" } };
}

/** Reads as null when left out. */
export function optional<Value>(shape: Shape<Value>, help: string): Field<Value | null> {
  return { shape, help, absent: { kind: "allowed", value: null } };
}

/** `text` is written as in the file and read by the shape itself, so a default cannot be invalid. */
export function withDefault<Value>(shape: Shape<Value>, text: JsonValue, help: string): Field<Value> {
  const value = shape.read(nodeOf(text, NOWHERE), (diagnostic) => {
    assert(false, `the default ${JSON.stringify(text)} does not fit its shape: ${diagnostic.message}`);
  });
  assert(value !== undefined, `the default ${JSON.stringify(text)} does not fit its shape`);
  return { shape, help, absent: { kind: "default", text, value } };
}

/** Stands in for a place in a file where a value comes from our own code. */
export const NOWHERE: Place = { file: "", line: 1, column: 1, length: 1 };

/** A map with known fields. Unknown ones are errors that name the nearest known one. */
export function object<Definition extends Fields>(
  fields: Definition,
): Shape<{ readonly [Name in keyof Definition]: Definition[Name] extends Field<infer Value> ? Value : never }> & {
  readonly fields: Definition;
} {
  type Value = { readonly [Name in keyof Definition]: Definition[Name] extends Field<infer Inner> ? Inner : never };
  return {
    noun: "a map of fields",
    fields,
    schema: objectSchema(fields),
    read: (node, report) => {
      const map = expectMap(node, "a map of fields", report);
      if (map === undefined) return undefined;
      // `readFields` fills in every name of the definition with what that field's shape has read.
      return readFields(map, fields, report) as Value | undefined;
    },
  };
}

/** A list whose items all have one shape. */
export function list<Item>(
  item: Shape<Item>,
  bounds: { readonly min?: number; readonly max: number },
): Shape<readonly Item[]> {
  const { min = 0, max } = bounds;
  return {
    ...fieldsWithin(item),
    noun: `a list, each item ${item.noun}`,
    schema: { type: "array", items: item.schema, ...(min > 0 && { minItems: min }), maxItems: max },
    read: (node, report) => {
      if (node.kind !== "list") return wrongKind(node, `a list, each item ${item.noun}`, report);
      return readItems(node.items, { item, min, max, place: node.place }, report);
    },
  };
}

/** One item, or a list of them: what people write when there is mostly one. */
export function oneOrMany<Item>(item: Shape<Item>, bounds: { readonly max: number }): Shape<readonly Item[]> {
  return {
    ...fieldsWithin(item),
    noun: `${item.noun}, or a list of them`,
    schema: { anyOf: [item.schema, { type: "array", items: item.schema, minItems: 1, maxItems: bounds.max }] },
    read: (node, report) => {
      const items = node.kind === "list" ? node.items : [node];
      return readItems(items, { item, min: 1, max: bounds.max, place: node.place }, report);
    },
  };
}

/** A map whose keys are names that people choose. */
export function record<Value>(
  value: Shape<Value>,
  key: { readonly shape: Shape<string>; readonly max: number },
): Shape<ReadonlyMap<string, Value>> {
  const noun = `a map from ${key.shape.noun} to ${value.noun}`;
  return {
    ...fieldsWithin(value),
    noun,
    schema: {
      type: "object",
      propertyNames: key.shape.schema,
      additionalProperties: value.schema,
      maxProperties: key.max,
    },
    read: (node, report) => {
      const map = expectMap(node, noun, report);
      if (map === undefined) return undefined;
      if (map.entries.length > key.max)
        return refuse(node.place, "AS203", `at most ${key.max} entries, not ${map.entries.length}`, report);
      return readRecord(map, { key: key.shape, value }, report);
    },
  };
}

/** The shape depends on how the value is written: a word, a list, or a map. */
export function byKind<Scalar = never, List = never, Map = never>(shapes: {
  readonly scalar?: Shape<Scalar>;
  readonly list?: Shape<List>;
  readonly map?: Shape<Map>;
}): Shape<Scalar | List | Map> {
  const present = [shapes.scalar, shapes.list, shapes.map].filter((shape) => shape !== undefined);
  const noun = present.map((shape) => shape.noun).join(", or ");
  return {
    ...(shapes.map && fieldsWithin(shapes.map)),
    noun,
    schema: { anyOf: present.map((shape) => shape.schema) },
    read: (node, report) =>
      shapes[node.kind]?.read(node, report) ?? (shapes[node.kind] ? undefined : wrongKind(node, noun, report)),
  };
}

export type Placed<Value> = { readonly value: Value; readonly place: Place };

/** Keeps the place beside the value, for checks that need more than one value to judge. */
export function placed<Value>(shape: Shape<Value>): Shape<Placed<Value>> {
  return {
    ...shape,
    read: (node, report) => {
      const value = shape.read(node, report);
      return value === undefined ? undefined : { value, place: node.place };
    },
  };
}

/** The same shape, read into something else. `convert` may report and answer undefined. */
export function mapped<Value, Result>(
  shape: Shape<Value>,
  convert: (value: Value, at: { readonly node: YamlNode; readonly report: Report }) => Result | undefined,
): Shape<Result> {
  return {
    ...shape,
    read: (node, report) => {
      const value = shape.read(node, report);
      return value === undefined ? undefined : convert(value, { node, report });
    },
  };
}

function fieldsWithin(inner: Shape<unknown>): { readonly fields?: Fields } {
  return inner.fields === undefined ? {} : { fields: inner.fields };
}

/** Reports that the node is not of the kind that was meant. Returns what `read` then answers. */
export function wrongKind(node: YamlNode, noun: string, report: Report): undefined {
  return refuse(node.place, "AS103", `expected ${noun}, not ${kindName(node)}`, report);
}

function refuse(place: Place, code: string, message: string, report: Report): undefined {
  report(errorAt(place, code, message));
  return undefined;
}

function kindName(node: YamlNode): string {
  if (node.kind === "list") return "a list";
  if (node.kind === "map") return "a map";
  if (node.value === null) return "nothing";
  if (typeof node.value === "string") return `the text ${JSON.stringify(shortened(node.value))}`;
  return String(node.value);
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** An empty value stands for an empty map: `log:` means `log: {}`. */
function expectMap(node: YamlNode, noun: string, report: Report): MapNode | undefined {
  if (node.kind === "map") return node;
  if (node.kind === "scalar" && node.value === null) return { kind: "map", entries: [], under: "", place: node.place };
  return wrongKind(node, noun, report);
}

function readFields(map: MapNode, fields: Fields, report: Report): Record<string, unknown> | undefined {
  const values: Record<string, unknown> = {};
  let isReadable = true;
  for (const entry of map.entries) {
    const field = Object.hasOwn(fields, entry.key) ? fields[entry.key] : undefined;
    if (field === undefined) report(unknownField(entry, map.under, Object.keys(fields)));
    else values[entry.key] = field.shape.read(entry.value, report);
    if (values[entry.key] === undefined) isReadable = false;
  }
  for (const [name, { absent }] of Object.entries(fields)) {
    if (Object.hasOwn(values, name)) continue;
    if (absent.kind === "refused") {
      report(errorAt(map.place, "AS105", `"${name}" is missing`));
      isReadable = false;
    } else {
      values[name] = absent.value;
    }
  }
  return isReadable ? values : undefined;
}

function unknownField({ key, keyPlace }: MapEntry, under: string, known: readonly string[]): Diagnostic {
  const where = under === "" ? "" : ` under "${under}"`;
  const message = `unknown field "${shortened(key)}"${where}`;
  const remedy = nearestName(key, known) === undefined ? `; known here: ${known.join(", ")}` : "";
  return errorAt(keyPlace, "AS104", withSuggestion(message, key, known) + remedy);
}

type Items<Item> = { readonly item: Shape<Item>; readonly min: number; readonly max: number; readonly place: Place };

function readItems<Item>(nodes: readonly YamlNode[], items: Items<Item>, report: Report): readonly Item[] | undefined {
  const { item, min, max, place } = items;
  if (nodes.length < min) return refuse(place, "AS203", `expected at least ${min} of ${item.noun}`, report);
  if (nodes.length > max) return refuse(place, "AS203", `at most ${max} items, not ${nodes.length}`, report);
  const values = nodes.map((node) => item.read(node, report));
  const readable = values.filter((value) => value !== undefined);
  return readable.length === values.length ? readable : undefined;
}

function readRecord<Value>(
  map: MapNode,
  shapes: { readonly key: Shape<string>; readonly value: Shape<Value> },
  report: Report,
): ReadonlyMap<string, Value> | undefined {
  const values = new Map<string, Value>();
  for (const entry of map.entries) {
    const key = shapes.key.read(nodeOf(entry.key, entry.keyPlace), report);
    const value = shapes.value.read(entry.value, report);
    if (key !== undefined && value !== undefined) values.set(key, value);
  }
  return values.size === map.entries.length ? values : undefined;
}

function objectSchema(fields: Fields): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const [name, field] of Object.entries(fields)) properties[name] = fieldSchema(field);
  const requiredNames = Object.keys(fields).filter((name) => fields[name]?.absent.kind === "refused");
  return {
    type: "object",
    additionalProperties: false,
    properties,
    ...(requiredNames.length > 0 && { required: requiredNames }),
  };
}

function fieldSchema(field: Field<unknown>): JsonSchema {
  const documented = { description: field.help, ...field.shape.schema };
  return field.absent.kind === "default" ? { ...documented, default: field.absent.text } : documented;
}
