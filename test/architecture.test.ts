/**
 * Who may import whom, and the house rules no linter checks.
 *
 * Imports are found by pattern and not by a compiler: the one compiler in use offers no stable API. A pattern
 * can be fooled by code inside a string; nothing under src has had reason to do that.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, dirname, join, posix } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

type SourceFile = { readonly path: string; readonly text: string };
type Import = { readonly line: number; readonly target: string; readonly isTypeOnly: boolean };

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const maxLines = 400;
const coreOrder = ["", "text", "otlp", "extraction", "detection", "rules", "alerts", "enrichment", "engine.ts"];
const corePackages = ["yaml", "@opentelemetry/semantic-conventions"];
const namelessFolders = ["utils", "common", "types", "misc", "helpers"];

test("every import in src stays within the architecture", () => {
  const problems = readSources().flatMap(importProblems);
  assert.deepEqual(problems, [], `\n${problems.join("\n")}\n`);
});

test("every file in src keeps the house rules", () => {
  const problems = readSources().flatMap(houseProblems);
  assert.deepEqual(problems, [], `\n${problems.join("\n")}\n`);
});

test("an import against the architecture is reported with its place", () => {
  const planted: ReadonlyArray<readonly [path: string, text: string, problem: string | undefined]> = [
    ["src/core/otlp/wire.ts", 'import { a } from "../time.ts";', undefined],
    ["src/core/time.ts", 'import { a } from "./otlp/wire.ts";', "src/core/otlp/wire.ts"],
    ["src/core/rules/check.ts", 'import type { A } from "../detection/reading.ts";', undefined],
    ["src/core/detection/baseline.ts", 'import type { A } from "../rules/rule.ts";', "src/core/rules/rule.ts"],
    ["src/core/enrichment/enrich.ts", 'import { a } from "../engine.ts";', "src/core/engine.ts"],
    ["src/core/engine.ts", 'import { a } from "./enrichment/enrich.ts";', undefined],
    ["src/core/strange/a.ts", 'import { a } from "../time.ts";', "src/core/time.ts"],
    ["src/core/time.ts", 'import { a } from "node:fs";', "node:fs"],
    ["src/core/time.ts", 'import { a } from "fs";', "fs"],
    ["src/core/time.ts", 'import { a } from "pino";', "pino"],
    ["src/core/time.ts", 'import { A } from "@opentelemetry/semantic-conventions/incubating";', undefined],
    ["src/core/time.ts", 'export { a } from "../io/platform/logger.ts";', "src/io/platform/logger.ts"],
    ["src/core/time.ts", 'const a = await import("../service/intake.ts");', "src/service/intake.ts"],
    ["src/core/time.ts", 'type A = import("../config/load.ts").A;', "src/config/load.ts"],
    ["src/core/time.ts", '// import { a } from "node:fs";\n/* import("node:fs") */', undefined],
    ["src/config/load.ts", 'import { a } from "../core/diagnostic.ts";\nimport { b } from "node:fs";', undefined],
    ["src/config/load.ts", 'import { a } from "../io/platform/logger.ts";', "src/io/platform/logger.ts"],
    ["src/io/sqlite/database.ts", 'import { a } from "../platform/logger.ts";', undefined],
    ["src/io/sqlite/database.ts", 'import { a } from "./migrations/first.ts";', undefined],
    ["src/io/sqlite/database.ts", 'import { a } from "../queue/segment.ts";', "src/io/queue/segment.ts"],
    ["src/io/sqlite/database.ts", 'import type { A } from "../../config/settings.ts";', undefined],
    ["src/io/sqlite/database.ts", 'import { a } from "../../config/settings.ts";', "src/config/settings.ts"],
    ["src/io/sqlite/database.ts", 'import type { A } from "../../service/intake.ts";', "src/service/intake.ts"],
    ["src/web/api.ts", 'import { a } from "../core/time.ts";', undefined],
    ["src/web/api.ts", 'import type { A } from "../io/sqlite/database.ts";', "src/io/sqlite/database.ts"],
    ["src/web/api.ts", 'import { a } from "../config/settings.ts";', "src/config/settings.ts"],
    ["src/service/assemble.ts", 'import { a } from "../io/sqlite/database.ts";', undefined],
    ["src/service/assemble-forwarding.ts", 'import { a } from "../io/queue/segment.ts";', undefined],
    ["src/service/intake.ts", 'import { a } from "../web/api.ts";', "src/web/api.ts"],
    ["src/service/intake.ts", 'import {\n  a,\n  b,\n} from "../io/sqlite/database.ts";', "src/io/sqlite/database.ts"],
    ["src/service/intake.ts", 'import "../cli/run.ts";', "src/cli/run.ts"],
    ["src/cli/run.ts", 'import { a } from "../io/sqlite/database.ts";', undefined],
    ["src/cli/run.ts", 'import "../main.ts";', "src/main.ts"],
    ["src/main.ts", 'await import("./cli/command-line.ts");', undefined],
    ["src/main.ts", 'import { a } from "./core/time.ts";', "src/core/time.ts"],
  ];
  for (const [path, text, target] of planted) {
    const expected = target === undefined ? [] : [`${path}:1: ${roomOf(path)} may not import ${target}`];
    assert.deepEqual(importProblems({ path, text }), expected, `${path}: ${text}`);
  }
  assert.deepEqual(importProblems({ path: "src/core/a.ts", text: '\n\nimport { b } from "./b";' }), [
    "src/core/a.ts:3: ./b must be written with its .ts ending",
  ]);
});

test("a break of the house rules is reported with its place", () => {
  const planted: ReadonlyArray<readonly [path: string, text: string, problem: RegExp]> = [
    ["src/core/a.ts", "\nexport default function a() {}", /^src\/core\/a\.ts:2: no default exports/],
    ["src/core/a.ts", "export { a as default };", /no default exports/],
    ["src/core/index.ts", "", /no index\.ts/],
    ["src/core/utils/a.ts", "", /utils names no idea/],
    ["src/core/sendQueue.ts", "", /kebab-case/],
    ["src/core/a.ts", "\n".repeat(maxLines + 1), /401 lines, 400 at most/],
    ["src/io/a.ts", "const a = b as any;", /no casts to any/],
    ["src/io/a.ts", "// TODO: later", /TODO without an issue/],
    ["src/core/a.ts", "const a = Math.random();", /chance reaches the core as an argument/],
    ["src/core/a.ts", "const a = globalThis;", /no globalThis in the core/],
  ];
  for (const [path, text, problem] of planted) {
    const problems = houseProblems({ path, text });
    assert.equal(problems.length, 1, `${path}: ${text}\n${problems.join("\n")}`);
    assert.match(problems[0] ?? "", problem);
  }
  const clean = "// TODO(#12): as any cast is not what this is\nexport const chance = Math.random();\n";
  assert.deepEqual(houseProblems({ path: "src/io/migrations/0001-first-schema.ts", text: clean }), []);
});

/** All TypeScript under src except the browser's, which has its own configuration. */
function readSources(): SourceFile[] {
  const paths = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .map((path) => `src/${path.replaceAll("\\", "/")}`)
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path) && !path.startsWith("src/web/ui/"));
  return paths.sort().map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

function importProblems({ path, text }: SourceFile): string[] {
  const problems: string[] = [];
  for (const { line, target, isTypeOnly } of findImports(text)) {
    const isRelative = target.startsWith(".");
    if (isRelative && !/\.(ts|json)$/.test(target)) {
      problems.push(`${path}:${line}: ${target} must be written with its .ts ending`);
      continue;
    }
    const resolved = isRelative ? posix.join(posix.dirname(path), target) : target;
    const isAllowed = isRelative ? mayImportFile(path, resolved, isTypeOnly) : mayImportPackage(path, resolved);
    if (!isAllowed) problems.push(`${path}:${line}: ${roomOf(path)} may not import ${resolved}`);
  }
  return problems;
}

function findImports(text: string): Import[] {
  const code = withoutComments(text);
  const patterns = [
    /^[ \t]*(?:import|export)\s+(?<type>type\s+(?!from\b))?[^;"'()=]*?\bfrom\s*["'](?<target>[^"']+)["']/gm,
    /^[ \t]*import\s*["'](?<target>[^"']+)["']/gm,
    /\bimport\s*\(\s*["'`](?<target>[^"'`]+)["'`]/g,
  ];
  const found = patterns.flatMap((pattern) =>
    Array.from(code.matchAll(pattern), (match) => ({
      line: code.slice(0, match.index).split("\n").length,
      target: match.groups?.["target"] ?? "",
      isTypeOnly: match.groups?.["type"] !== undefined,
    })),
  );
  return found.sort((a, b) => a.line - b.line);
}

/** Blanks whole-line comments and keeps the line numbers. */
function withoutComments(text: string): string {
  const blank = (comment: string) => comment.replace(/[^\n]/g, "");
  return text.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, blank).replace(/^[ \t]*\/\/.*$/gm, blank);
}

function mayImportFile(from: string, to: string, isTypeOnly: boolean): boolean {
  const target = layerOf(to);
  switch (layerOf(from)) {
    case "core":
      return target === "core" && isLeftward(from, to);
    case "config":
      return target === "config" || target === "core";
    case "io":
      if (target === "io") return ioFolderOf(to) === ioFolderOf(from) || ioFolderOf(to) === "platform";
      return target === "core" || (target === "config" && isTypeOnly);
    case "web":
      return target === "web" || target === "core" || (target === "config" && isTypeOnly);
    case "service":
      if (target === "io" || target === "web") return /^src\/service\/assemble(-[a-z]+)?\.ts$/.test(from);
      return target === "service" || target === "core" || target === "config";
    case "cli":
      return target !== "main.ts";
    case "main.ts":
      return target === "cli";
    default:
      return false;
  }
}

function mayImportPackage(from: string, target: string): boolean {
  if (layerOf(from) !== "core") return true;
  if (target.startsWith("node:") || builtinModules.includes(target)) return false;
  return corePackages.some((name) => target === name || target.startsWith(`${name}/`));
}

/** The folder directly under src, or the file's name when it lies in src itself. */
function layerOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** How a report calls the place of a file: `core/detection`, `io/sqlite`, `service`. */
function roomOf(path: string): string {
  const folders = path.split("/").slice(1, -1);
  return folders.length === 0 ? basename(path) : folders.slice(0, 2).join("/");
}

function isLeftward(from: string, to: string): boolean {
  const fromPlace = coreOrder.indexOf(coreRoomOf(from));
  const toPlace = coreOrder.indexOf(coreRoomOf(to));
  return fromPlace !== -1 && toPlace !== -1 && toPlace <= fromPlace;
}

function coreRoomOf(path: string): string {
  if (path === "src/core/engine.ts") return "engine.ts";
  const [folder = "", ...rest] = path.split("/").slice(2);
  return rest.length === 0 ? "" : folder;
}

function ioFolderOf(path: string): string {
  const [folder = "", ...rest] = path.split("/").slice(2);
  return rest.length === 0 ? "" : folder;
}

function houseProblems({ path, text }: SourceFile): string[] {
  const problems: string[] = [];
  const name = basename(path);
  if (name === "index.ts") problems.push(`${path}:1: no index.ts that re-exports a folder`);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.ts$/.test(name))
    problems.push(`${path}:1: file names are kebab-case and end in .ts`);
  for (const folder of path.split("/").slice(0, -1)) {
    if (namelessFolders.includes(folder)) problems.push(`${path}:1: a folder called ${folder} names no idea`);
  }
  const lineCount = text.replace(/\n$/, "").split("\n").length;
  if (lineCount > maxLines) problems.push(`${path}:1: ${lineCount} lines, ${maxLines} at most`);

  for (const [index, line] of text.split("\n").entries()) {
    const place = `${path}:${index + 1}`;
    if (/\b(TODO|FIXME|XXX)\b(?!\s*\(?#\d+)/.test(line)) problems.push(`${place}: TODO without an issue number`);
  }
  for (const [index, line] of withoutComments(text).split("\n").entries()) {
    const place = `${path}:${index + 1}`;
    if (/\bexport\s+default\b|\bas\s+default\s*[,}]/.test(line)) problems.push(`${place}: no default exports`);
    if (/\bas\s+any\b/.test(line)) problems.push(`${place}: no casts to any`);
    if (layerOf(path) !== "core") continue;
    if (/\bMath\s*\.\s*random\b/.test(line)) problems.push(`${place}: chance reaches the core as an argument`);
    if (/\bglobalThis\b/.test(line)) problems.push(`${place}: no globalThis in the core`);
  }
  return problems;
}
