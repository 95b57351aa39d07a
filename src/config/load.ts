/**
 * Reads the configuration: defaults, then files, then variables, then flags, the later one winning.
 *
 * Everything that is wrong anywhere is told in one go. Paths in a file are relative to that file, all
 * others to the working directory. OpenTelemetry's own variables describe an exporter only when
 * nothing else does.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Diagnostic } from "../core/diagnostic.ts";
import { nearestName } from "../core/diagnostic.ts";
import { NOWHERE, wrongKind } from "../core/text/shape.ts";
import type { Report, SourceFile, YamlNode } from "../core/text/yaml-document.ts";
import { errorAt, readYamlDocument, warningAt, YAML_TEXT_MAX_LENGTH } from "../core/text/yaml-document.ts";
import { checkSettings } from "./check.ts";
import type { Config } from "./config.ts";
import type { Environment, Surroundings } from "./environment.ts";
import { variable } from "./environment.ts";
import { expandNodes } from "./expand-nodes.ts";
import { emptyMap, mergeNodes, nestNode, nodeAt, nodeOfText } from "./layers.ts";
import { fileProblem } from "./secret-file.ts";
import { clearTextSecrets } from "./secret-places.ts";
import { SETTING_ROWS } from "./setting-rows.ts";
import { settingsShape } from "./settings.ts";
import { standardExporters } from "./standard-variables.ts";
import { toConfig } from "./to-config.ts";

/** Names the files, separated by commas, when no `-c` does. */
export const CONFIG_VARIABLE = "AUTHSPIKE_CONFIG";

/** Read from the working directory, if it is there, when neither flags nor the variable name a file. */
const USUAL_FILE = "authspike.yaml";

export type ConfigRequest = Surroundings & {
  /** In the order of merging. */
  readonly files: readonly string[];
  /** Values by the flag's name, without its dashes. */
  readonly flags: ReadonlyMap<string, string>;
};

export type ConfigOutcome =
  | {
      readonly kind: "ok";
      readonly config: Config;
      /** What was given, by whom; defaults are not in it. */
      readonly tree: YamlNode;
      readonly warnings: readonly Diagnostic[];
      readonly sources: readonly SourceFile[];
    }
  /** Errors and warnings alike. */
  | { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[]; readonly sources: readonly SourceFile[] };

export function loadConfig(request: ConfigRequest): ConfigOutcome {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (diagnostic) => diagnostics.push(diagnostic);
  const sources = configFilesOf(request).flatMap((path) => readSource(path, request.workingDirectory, report));
  const tree = readTree(request, sources, report);
  const settings = settingsShape.read(tree, report);
  const absolutePath = (path: { readonly value: string; readonly place: { readonly file: string } }) => {
    const isInFile = sources.some((source) => source.path === path.place.file);
    return resolve(request.workingDirectory, isInFile ? dirname(path.place.file) : ".", path.value);
  };
  if (settings !== undefined) checkSettings(settings, { tree, report, absolutePath });
  const found = withoutConsequences(diagnostics);
  if (settings === undefined || found.some(({ severity }) => severity === "error")) {
    return { kind: "invalid", diagnostics: found, sources };
  }
  return { kind: "ok", config: toConfig(settings, absolutePath), tree, warnings: found, sources };
}

/** A file that nobody named is read only under its usual name, and the start says that it was. */
export function configFilesOf({ files, environment, workingDirectory }: ConfigRequest): readonly string[] {
  if (files.length > 0) return files;
  const named = variable(environment, CONFIG_VARIABLE);
  if (named === undefined) return existsSync(resolve(workingDirectory, USUAL_FILE)) ? [USUAL_FILE] : [];
  return named
    .split(",")
    .map((path) => path.trim())
    .filter((path) => path !== "");
}

function readSource(path: string, workingDirectory: string, report: Report): readonly SourceFile[] {
  const absolute = resolve(workingDirectory, path);
  try {
    if (statSync(absolute).size <= YAML_TEXT_MAX_LENGTH) return [{ path, text: readFileSync(absolute, "utf8") }];
    report(errorAt({ ...NOWHERE, file: path }, "AC101", `larger than ${YAML_TEXT_MAX_LENGTH} bytes`));
  } catch (error) {
    report(errorAt({ ...NOWHERE, file: path }, "AC101", fileProblem(error)));
  }
  return [];
}

function readTree(request: ConfigRequest, sources: readonly SourceFile[], report: Report): YamlNode {
  const fromFiles = sources.flatMap((source) => fileTree(source, request, report));
  const layers = [emptyMap(NOWHERE), ...fromFiles, ...variableTrees(request.environment), ...flagTrees(request.flags)];
  warnOfStrangers(request.environment, report);
  const tree = layers.reduce(mergeNodes);
  const exporters = nodeAt(tree, ["exporters"]);
  const hasExporters = exporters !== undefined && !(exporters.kind === "map" && exporters.entries.length === 0);
  const standard = hasExporters ? null : standardExporters(request.environment);
  return standard === null ? tree : mergeNodes(standard, tree);
}

function fileTree(source: SourceFile, surroundings: Surroundings, report: Report): readonly YamlNode[] {
  const { root } = readYamlDocument(source, report);
  if (root === null) return [];
  if (root.kind !== "map") {
    wrongKind(root, settingsShape.noun, report);
    return [];
  }
  clearTextSecrets(root).forEach(({ place, setting }) => {
    report(
      warningAt(
        place,
        "AC302",
        `${setting} is written in clear text; name a variable or a file: \${env:…}, \${file:…}`,
      ),
    );
  });
  return [expandNodes(root, surroundings, report)];
}

function variableTrees(environment: Environment): readonly YamlNode[] {
  return SETTING_ROWS.flatMap(({ path, variable: name, form }) => {
    const text = name === null ? undefined : variable(environment, name);
    return name === null || text === undefined ? [] : [givenTree({ path, form, text, origin: name })];
  });
}

function flagTrees(flags: ReadonlyMap<string, string>): readonly YamlNode[] {
  return SETTING_ROWS.flatMap(({ path, flag, form }) => {
    const text = flag === null ? undefined : flags.get(flag);
    return flag === null || text === undefined ? [] : [givenTree({ path, form, text, origin: `--${flag}` })];
  });
}

type Given = {
  readonly path: string;
  readonly form: "scalar" | "list" | "map";
  readonly text: string;
  readonly origin: string;
};

function givenTree({ path, form, text, origin }: Given): YamlNode {
  const place = { ...NOWHERE, file: origin };
  return nestNode(path.split("."), nodeOfText(text, form, place));
}

/** Only where the name is nearly right: Kubernetes sets variables of this prefix for services of our name. */
function warnOfStrangers(environment: Environment, report: Report): void {
  const known = SETTING_ROWS.flatMap((row) => row.variable ?? []);
  for (const name of Object.keys(environment)) {
    if (!name.startsWith("AUTHSPIKE_") || known.includes(name) || name === CONFIG_VARIABLE) continue;
    const nearest = nearestName(name, known);
    if (nearest === undefined) continue;
    report(warningAt({ ...NOWHERE, file: name }, "AC301", `this is no setting; did you mean ${nearest}?`));
  }
}

/** A value that could not be filled in is also no address or number: the first fault says it all. */
function withoutConsequences(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const unfilled = diagnostics.filter(({ code }) => code === "AS206");
  return diagnostics.filter(
    ({ code, file, line, column }) =>
      code === "AS206" ||
      !unfilled.some((cause) => cause.file === file && cause.line === line && cause.column >= column),
  );
}
