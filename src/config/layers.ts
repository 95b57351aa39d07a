/**
 * Layers of configuration as one tree of nodes, in which every value still knows where it was written.
 *
 * Maps are merged key by key; everything else, lists included, is replaced by the later layer.
 */
import type { MapEntry, MapNode, Place, YamlNode } from "../core/text/yaml-document.ts";
import { entryOf, nodeOf } from "../core/text/yaml-document.ts";

/** The keys that lead to a setting. Steps and not one text, because names may have dots in them. */
export type SettingPath = readonly string[];

/** `upper` wins. A key without a value says nothing, so it takes nothing away. */
export function mergeNodes(lower: YamlNode, upper: YamlNode): YamlNode {
  if (upper.kind === "scalar" && upper.value === null) return lower;
  if (lower.kind !== "map" || upper.kind !== "map") return upper;
  const entries = new Map<string, MapEntry>(lower.entries.map((entry) => [entry.key, entry]));
  for (const entry of upper.entries) {
    const below = entries.get(entry.key);
    entries.set(entry.key, below === undefined ? entry : { ...entry, value: mergeNodes(below.value, entry.value) });
  }
  return { ...upper, entries: [...entries.values()] };
}

/** A tree that holds one value: what a variable or a flag comes to. */
export function nestNode(path: SettingPath, value: YamlNode): YamlNode {
  return path.reduceRight<YamlNode>((inner, step, index) => {
    const entry = { key: step, keyPlace: value.place, value: inner };
    return { kind: "map", entries: [entry], under: path[index - 1] ?? "", place: value.place };
  }, value);
}

export function emptyMap(place: Place): MapNode {
  return { kind: "map", entries: [], under: "", place };
}

export function nodeAt(root: YamlNode, path: SettingPath): YamlNode | undefined {
  return path.reduce<YamlNode | undefined>((node, step) => entryOf(node, step)?.value, root);
}

/** The place of the setting or, where it is left to its default, of what it belongs to. */
export function placeOf(root: YamlNode, path: SettingPath): Place {
  let node = root;
  for (const step of path) {
    const entry = entryOf(node, step);
    if (entry === undefined) return node.place;
    node = entry.value;
  }
  return node.place;
}

/** A variable or flag is one word; lists are written `a,b` in it, and maps `key=value,other=value`. */
export function nodeOfText(text: string, form: "scalar" | "list" | "map", place: Place): YamlNode {
  if (form === "scalar") return nodeOf(text, place);
  const items = text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
  if (form === "list") return nodeOf(items, place);
  return nodeOf(Object.fromEntries(items.map(keyAndValue)), place);
}

function keyAndValue(item: string): readonly [string, string] {
  const [key = "", ...rest] = item.split("=");
  return [key.trim(), rest.join("=").trim()];
}
