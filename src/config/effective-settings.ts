/**
 * Every setting as it stands and who gave it, for people to see: secrets are covered.
 */
import { Document, isCollection, isNode } from "yaml";
import type { JsonValue } from "../core/text/shape.ts";
import type { Place, YamlNode } from "../core/text/yaml-document.ts";
import type { SettingPath } from "./layers.ts";
import { nodeAt } from "./layers.ts";
import type { SettingRow } from "./setting-rows.ts";
import { CHOSEN_NAME, SETTING_ROWS } from "./setting-rows.ts";
import { isSecret, withoutUserInfo } from "./setting-shapes.ts";

export type EffectiveSetting = {
  readonly path: SettingPath;
  readonly value: JsonValue;
  /** `authspike.yaml:3`, `AUTHSPIKE_LOG_LEVEL`, `--log-level` or `default`. */
  readonly origin: string;
};

const COVER = "********";

/** `tree` is what was given, by file paths among `files`. Settings that have no value are left out. */
export function effectiveSettings(tree: YamlNode, files: readonly string[]): readonly EffectiveSetting[] {
  return SETTING_ROWS.flatMap((row) =>
    pathsOf(row, tree).flatMap((path) => effectiveSetting(row, { path, tree, files })),
  );
}

/** A file that could be read again, but for the secrets, with each value's origin behind it. */
export function settingsYaml(settings: readonly EffectiveSetting[]): string {
  const document = new Document(nested(settings));
  for (const { path, origin } of settings) {
    const node = document.getIn(path, true);
    if (!isNode(node)) continue;
    if (isCollection(node)) node.flow = true;
    node.comment = ` ${origin}`;
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false }).trimEnd();
}

export function settingsJson(settings: readonly EffectiveSetting[]): string {
  const origins = Object.fromEntries(settings.map(({ path, origin }) => [path.join("."), origin]));
  return JSON.stringify({ settings: nested(settings), origins }, null, 2);
}

type Group = { [key: string]: Group | JsonValue };

function nested(settings: readonly EffectiveSetting[]): Group {
  const root: Group = {};
  for (const { path, value } of settings) {
    const group = path.slice(0, -1).reduce<Group>((parent, step) => {
      // Only settings hold other values, and no setting's path goes on below another's.
      const child = (parent[step] ?? {}) as Group;
      parent[step] = child;
      return child;
    }, root);
    group[path.at(-1) ?? ""] = value;
  }
  return root;
}

type Given = { readonly path: SettingPath; readonly tree: YamlNode; readonly files: readonly string[] };

function effectiveSetting(row: SettingRow, { path, tree, files }: Given): readonly EffectiveSetting[] {
  const node = nodeAt(tree, path);
  if (node !== undefined) return [{ path, value: shown(node, row), origin: originOf(node.place, files) }];
  if (row.absent.kind !== "default") return [];
  if (row.group !== null && nodeAt(tree, row.group.split(".")) === undefined) return [];
  return [{ path, value: row.absent.text, origin: "default" }];
}

/** One path for each name that somebody chose. */
function pathsOf({ path }: SettingRow, tree: YamlNode): readonly SettingPath[] {
  const steps = path.split(".");
  const at = steps.indexOf(CHOSEN_NAME);
  if (at === -1) return [steps];
  const parent = nodeAt(tree, steps.slice(0, at));
  const names = parent?.kind === "map" ? parent.entries.map(({ key }) => key) : [];
  return names.map((name) => steps.with(at, name));
}

function shown(node: YamlNode, row: SettingRow): JsonValue {
  if (node.kind === "list") return node.items.map((item) => shown(item, row));
  if (node.kind === "map") return Object.fromEntries(node.entries.map(({ key, value }) => [key, shown(value, row)]));
  if (isSecret(row.shape)) return COVER;
  return typeof node.value === "string" ? withoutUserInfo(node.value) : node.value;
}

function originOf({ file, line }: Place, files: readonly string[]): string {
  return files.includes(file) ? `${file}:${line}` : file;
}
