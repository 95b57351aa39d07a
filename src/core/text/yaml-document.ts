/**
 * One YAML file as a tree of plain nodes that know their place in the text.
 *
 * The `yaml` package parses; this module turns its tree into a smaller one, so that everything which
 * reads files sees three kinds of nodes, no aliases, and no parser. What makes YAML dangerous ends
 * here: aliases that multiply (each use counts at its full size), bottomless nesting, second
 * documents, duplicate keys. `<<` merges the maps it names, the nearer key winning.
 */

import type { Alias, ErrorCode, Pair, ParsedNode, YAMLError, YAMLMap } from "yaml";
import { isAlias, isMap, isSeq, parseDocument } from "yaml";
import type { Diagnostic } from "../diagnostic.ts";
import type { TextCode } from "./codes.ts";

export type Place = Pick<Diagnostic, "file" | "line" | "column" | "length">;

export type YamlNode = ScalarNode | ListNode | MapNode;

export type ScalarNode = {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** The characters as they stand in the file, quotes included. */
  readonly source: string;
  readonly place: Place;
};
export type ListNode = { readonly kind: "list"; readonly items: readonly YamlNode[]; readonly place: Place };
export type MapNode = {
  readonly kind: "map";
  readonly entries: readonly MapEntry[];
  /** The nearest key above, "" at the root: messages say what a field is unknown under. */
  readonly under: string;
  readonly place: Place;
};
export type MapEntry = { readonly key: string; readonly keyPlace: Place; readonly value: YamlNode };

export type SourceFile = { readonly path: string; readonly text: string };

/** Takes what is found wrong, so that reading can go on. */
export type Report = (diagnostic: Diagnostic) => void;

export const YAML_TEXT_MAX_LENGTH = 1024 * 1024;
export const YAML_NODES_MAX = 100_000;
export const YAML_DEPTH_MAX = 64;
const SYNTAX_ERRORS_MAX = 5;

/** `root` is null when the file is empty or so broken that its fields cannot be trusted. */
export type YamlDocument = { readonly root: YamlNode | null; readonly isSound: boolean };

/** Never throws: whatever the text holds, the answer is a tree, or diagnostics, or both. */
export function readYamlDocument(file: SourceFile, report: Report): YamlDocument {
  const broken = { root: null, isSound: false };
  const start = { file: file.path, line: 1, column: 1, length: 1 };
  if (file.text.length > YAML_TEXT_MAX_LENGTH) {
    report(errorAt(start, "AS106", `the file has more than ${YAML_TEXT_MAX_LENGTH} characters`));
    return broken;
  }
  const parsed = parseWithinStack(file.text);
  if (parsed === undefined || parsed.errors.some((error) => error.message === STACK_EXHAUSTED)) {
    report(errorAt(start, "AS106", "the file is nested too deeply to be read"));
    return broken;
  }
  const locate = makeLocator(file);
  const errors = [...parsed.errors, ...parsed.warnings];
  // One slip early in a file makes the parser stumble to its end: the first few tell all there is.
  for (const error of errors.slice(0, SYNTAX_ERRORS_MAX)) report(syntaxDiagnostic(error, locate));
  if (errors.some((error) => error.code !== "DUPLICATE_KEY")) return broken;
  const conversion: Conversion = { locate, report, text: file.text, anchors: new Map(), nodeCount: 0, isSound: true };
  const root = parsed.contents === null ? null : convert(parsed.contents, conversion, { depth: 0, under: "" });
  return conversion.isSound ? { root, isSound: errors.length === 0 } : broken;
}

export function errorAt(place: Place, code: string, message: string): Diagnostic {
  return diagnosticAt("error", place, code, message);
}

export function warningAt(place: Place, code: string, message: string): Diagnostic {
  return diagnosticAt("warning", place, code, message);
}

/** The place of `fragment` inside a scalar, or of the whole scalar when escapes hide it. */
export function placeWithin(node: ScalarNode, fragment: string): Place {
  const offset = node.source.indexOf(fragment);
  if (offset < 0 || fragment === "") return node.place;
  const before = node.source.slice(0, offset).split("\n");
  const lastLine = before.at(-1) ?? "";
  const length = fragment.split("\n")[0]?.length ?? 1;
  if (before.length === 1) return { ...node.place, column: node.place.column + offset, length };
  return { ...node.place, line: node.place.line + before.length - 1, column: lastLine.length + 1, length };
}

/** A plain value as a node: defaults and values of environment variables are read like written ones. */
export function nodeOf(value: unknown, place: Place): YamlNode {
  if (Array.isArray(value)) return { kind: "list", items: value.map((item) => nodeOf(item, place)), place };
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => ({ key, keyPlace: place, value: nodeOf(item, place) }));
    return { kind: "map", entries, under: "", place };
  }
  const scalar = typeof value === "number" || typeof value === "boolean" || value === null ? value : String(value);
  return { kind: "scalar", value: scalar, source: String(value), place };
}

/** The value under `key`, where the node is a map that has it. */
export function entryOf(node: YamlNode | null | undefined, key: string): MapEntry | undefined {
  return node?.kind === "map" ? node.entries.find((entry) => entry.key === key) : undefined;
}

type Range = { readonly start: number; readonly end: number };
type Locate = (range: Range) => Place;

type Conversion = {
  readonly locate: Locate;
  readonly report: Report;
  readonly text: string;
  readonly anchors: Map<string, { readonly node: YamlNode; readonly size: number }>;
  /** Nodes as a reader will visit them: what an alias repeats counts each time. */
  nodeCount: number;
  isSound: boolean;
};

/** The parser descends by recursion. Where it catches its own overflow, only the text of it is left. */
const STACK_EXHAUSTED = "Maximum call stack size exceeded";

function parseWithinStack(text: string) {
  try {
    return parseDocument(text, {
      prettyErrors: false,
      stringKeys: true,
      version: "1.2",
      logLevel: "error",
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * Turns offsets into a line and column, and keeps the carets within one line. Lines are counted here
 * and not by the parser, which loses count where it meets a directive in an odd place.
 */
function makeLocator({ path, text }: SourceFile): Locate {
  const lineStarts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lineStarts.push(at + 1);
  return ({ start, end }) => {
    const from = Math.min(Math.max(0, start), text.length);
    const line = lineAt(lineStarts, from);
    const rest = text.slice(from, Math.max(from, Math.min(end, from + CARETS_MAX)));
    const length = (rest.split(/\r?\n/, 1)[0] ?? "").trimEnd().length;
    return { file: path, line: line + 1, column: from - (lineStarts[line] ?? 0) + 1, length: Math.max(1, length) };
  };
}

const CARETS_MAX = 1000;

/** Index of the line that holds an offset: the last one that starts at or before it. */
function lineAt(lineStarts: readonly number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

function syntaxDiagnostic(error: YAMLError, locate: Locate): Diagnostic {
  const place = locate({ start: error.pos[0], end: error.pos[1] });
  const code = CODE_OF_ERROR[error.code] ?? "AS101";
  return errorAt(place, code, MESSAGE_OF_CODE[code] ?? error.message);
}

const CODE_OF_ERROR: Partial<Record<ErrorCode, TextCode>> = {
  DUPLICATE_KEY: "AS102",
  MULTIPLE_DOCS: "AS107",
  TAG_RESOLVE_FAILED: "AS108",
};

const MESSAGE_OF_CODE: Partial<Record<string, string>> = {
  AS102: "this key is already given above; keys of a map are unique",
  AS107: "a second document begins here; split it into a file of its own",
};

type Surroundings = { readonly depth: number; readonly under: string };

function convert(node: ParsedNode, conversion: Conversion, surroundings: Surroundings): YamlNode | null {
  const range = { start: node.range[0], end: node.range[1] };
  const place = conversion.locate(range);
  if (surroundings.depth > YAML_DEPTH_MAX)
    return refuse(conversion, place, "AS106", `nested more than ${YAML_DEPTH_MAX} levels deep`);
  if (isAlias(node)) return resolveAlias(node, conversion, place);
  const before = conversion.nodeCount;
  if (!addNodes(conversion, 1, place)) return null;
  const converted = convertContents(node, conversion, { place, range, ...surroundings });
  if (node.anchor && converted !== null) {
    conversion.anchors.set(node.anchor, { node: converted, size: conversion.nodeCount - before });
  }
  return converted;
}

type Position = Surroundings & { readonly place: Place; readonly range: Range };

function convertContents(
  node: Exclude<ParsedNode, Alias>,
  conversion: Conversion,
  position: Position,
): YamlNode | null {
  const { place, range, depth, under } = position;
  if (isMap(node)) return convertMap(node, conversion, position);
  if (isSeq(node)) {
    const items: YamlNode[] = [];
    for (const item of node.items) {
      const converted = convert(item, conversion, { depth: depth + 1, under });
      if (converted === null) return null;
      items.push(converted);
    }
    return { kind: "list", items, place };
  }
  return {
    kind: "scalar",
    value: plainScalar(node.value),
    source: conversion.text.slice(range.start, range.end),
    place,
  };
}

function convertMap(node: YAMLMap.Parsed, conversion: Conversion, position: Position): YamlNode | null {
  const entries: MapEntry[] = [];
  const merged: YamlNode[] = [];
  for (const pair of node.items) {
    const key = convert(pair.key, conversion, { depth: position.depth + 1, under: position.under });
    const value = key === null ? null : convertValue(pair, conversion, key, position.depth);
    if (key === null || value === null) return null;
    if (key.kind !== "scalar") return refuse(conversion, key.place, "AS101", "a key must be a single word");
    if (key.value === "<<") merged.push(...(value.kind === "list" ? value.items : [value]));
    else entries.push({ key: String(key.value ?? ""), keyPlace: key.place, value });
  }
  const { under, place } = position;
  return { kind: "map", entries: mergeEntries(entries, merged, conversion), under, place };
}

/** `key:` without a value is null, and stands where the key stands. */
function convertValue(pair: Pair<ParsedNode, ParsedNode | null>, conversion: Conversion, key: YamlNode, depth: number) {
  if (pair.value === null) return { kind: "scalar", value: null, source: "", place: key.place } as const;
  const value = convert(pair.value, conversion, {
    depth: depth + 1,
    under: key.kind === "scalar" ? String(key.value) : "",
  });
  if (value?.kind === "scalar" && value.source === "" && value.value === null) return { ...value, place: key.place };
  return value;
}

function mergeEntries(own: readonly MapEntry[], merged: readonly YamlNode[], conversion: Conversion): MapEntry[] {
  const entries = new Map<string, MapEntry>();
  for (const node of merged) {
    if (node.kind !== "map") refuse(conversion, node.place, "AS103", "`<<` takes a map or a list of maps");
    else for (const entry of node.entries) if (!entries.has(entry.key)) entries.set(entry.key, entry);
  }
  for (const entry of own) entries.set(entry.key, entry);
  return [...entries.values()];
}

/** An anchor is known only once its node is complete, so an alias cannot contain itself. */
function resolveAlias(alias: Alias, conversion: Conversion, place: Place): YamlNode | null {
  const anchor = conversion.anchors.get(alias.source);
  if (anchor === undefined)
    return refuse(conversion, place, "AS108", `no anchor "&${alias.source}" is complete above this alias`);
  return addNodes(conversion, anchor.size, place) ? anchor.node : null;
}

function addNodes(conversion: Conversion, count: number, place: Place): boolean {
  conversion.nodeCount += count;
  if (conversion.nodeCount <= YAML_NODES_MAX) return true;
  refuse(conversion, place, "AS106", `more than ${YAML_NODES_MAX} values, counting what aliases repeat`);
  return false;
}

function refuse(conversion: Conversion, place: Place, code: TextCode, message: string): null {
  // One refusal ends the file: the rest would be told against a tree that is not what was meant.
  if (conversion.isSound) conversion.report(errorAt(place, code, message));
  conversion.isSound = false;
  return null;
}

function plainScalar(value: unknown): ScalarNode["value"] {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  return String(value);
}

function diagnosticAt(severity: Diagnostic["severity"], place: Place, code: string, message: string): Diagnostic {
  return { severity, code, file: place.file, line: place.line, column: place.column, length: place.length, message };
}
