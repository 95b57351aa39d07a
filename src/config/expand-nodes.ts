/** Fills in `${env:…}` and `${file:…}` throughout a file's tree, each at its place. */
import { dirname, resolve } from "node:path";
import { expandText } from "../core/text/expansion.ts";
import type { Report, ScalarNode, YamlNode } from "../core/text/yaml-document.ts";
import { errorAt, placeWithin } from "../core/text/yaml-document.ts";
import type { Surroundings } from "./environment.ts";
import { readSecretFile } from "./secret-file.ts";

/** Where filling in failed, that is reported and the value is left as it was written. */
export function expandNodes(node: YamlNode, surroundings: Surroundings, report: Report): YamlNode {
  if (node.kind === "scalar") return expandScalar(node, surroundings, report);
  if (node.kind === "list")
    return { ...node, items: node.items.map((item) => expandNodes(item, surroundings, report)) };
  const entries = node.entries.map((entry) => ({ ...entry, value: expandNodes(entry.value, surroundings, report) }));
  return { ...node, entries };
}

function expandScalar(node: ScalarNode, surroundings: Surroundings, report: Report): ScalarNode {
  if (typeof node.value !== "string" || !node.value.includes("$")) return node;
  const expansion = expandText(node.value, {
    environment: (name) => surroundings.environment[name],
    file: (path) => readSecretFile(resolve(surroundings.workingDirectory, dirname(node.place.file), path)),
  });
  if (expansion.kind === "ok") return { ...node, value: expansion.text };
  report(errorAt(placeWithin(node, expansion.fragment), "AS206", expansion.problem));
  return node;
}
