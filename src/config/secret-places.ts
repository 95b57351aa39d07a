/**
 * Where secrets stand in a file: to warn of those in clear text, and to cover them wherever a line of
 * the file is shown.
 */
import type { Place, ScalarNode, YamlNode } from "../core/text/yaml-document.ts";
import { CHOSEN_NAME, SETTING_ROWS } from "./setting-rows.ts";
import { isSecret } from "./setting-shapes.ts";

/** Values that give the secret away: a reference such as `${env:TOKEN}` does not. */
export function clearTextSecrets(root: YamlNode): readonly { readonly place: Place; readonly setting: string }[] {
  const rows = SETTING_ROWS.filter(({ shape }) => isSecret(shape));
  return rows.flatMap(({ path }) =>
    nodesAt(root, path.split("."))
      .flatMap(scalarsIn)
      .filter(({ source }) => source !== "" && !source.includes("${"))
      .map(({ place }) => ({ place, setting: path })),
  );
}

/** Asterisks in place of the secrets; everything else keeps its line and column. */
export function coverPlaces(text: string, places: readonly Place[]): string {
  const lines = text.split("\n");
  for (const { line, column, length } of places) {
    const before = lines[line - 1] ?? "";
    lines[line - 1] = before.slice(0, column - 1) + "*".repeat(length) + before.slice(column - 1 + length);
  }
  return lines.join("\n");
}

/** Asterisks in place of the user and password of every address in the text, of the same length. */
export function coverUserInfo(text: string): string {
  return text.replace(USER_INFO, (userInfo) => "*".repeat(userInfo.length));
}

const USER_INFO = /(?<=:\/\/)[^\s/@"']+(?=@)/g;

/** All nodes at a path in which `<name>` stands for any key. */
function nodesAt(root: YamlNode, path: readonly string[]): readonly YamlNode[] {
  const [step, ...rest] = path;
  if (step === undefined) return [root];
  if (root.kind !== "map") return [];
  return root.entries
    .filter(({ key }) => step === key || step === CHOSEN_NAME)
    .flatMap(({ value }) => nodesAt(value, rest));
}

function scalarsIn(node: YamlNode): readonly ScalarNode[] {
  if (node.kind === "scalar") return [node];
  if (node.kind === "list") return node.items.flatMap(scalarsIn);
  return node.entries.flatMap(({ value }) => scalarsIn(value));
}
