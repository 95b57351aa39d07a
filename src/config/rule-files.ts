/**
 * The rule files of a directory, and what reading them needs of the machine.
 *
 * One flat directory: what is mounted into a container is one, and a bundle that is small enough for a
 * person to know needs no tree. Links are followed, because Kubernetes swaps links to change files.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import type { BundleContext } from "../core/rules/rule-bundle.ts";
import type { SourceFile } from "../core/text/yaml-document.ts";
import { fileProblem, readSecretFile } from "./secret-file.ts";

const RULE_FILES_MAX = 200;
const RULE_FILE_MAX_BYTES = 1024 * 1024;

/** The directory cannot be read as a whole: nothing is known about the rules in it. */
export class RuleFilesError extends Error {
  override readonly name = "RuleFilesError";
}

/** Every `.yaml` and `.yml` file but tests (`.test.yaml`) and hidden ones, by name. */
export function readRuleFiles(directory: string): readonly SourceFile[] {
  const names = attempt(`cannot read the rules directory ${directory}`, () => readdirSync(directory));
  const wanted = names.filter(isRuleFile).sort();
  if (wanted.length > RULE_FILES_MAX) {
    throw new RuleFilesError(`${directory} holds ${wanted.length} rule files; at most ${RULE_FILES_MAX} are read`);
  }
  return wanted.flatMap((name) => {
    const path = join(directory, name);
    return attempt(`cannot read ${path}`, () => {
      const status = statSync(path);
      return status.isFile() ? [{ path: slashed(path), text: readText(path, status.size) }] : [];
    });
  });
}

export function ruleBundleContext(parts: {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly nowWall: number;
}): BundleContext {
  return {
    sources: { environment: (name) => parts.environment[name], file: readSecretFile },
    hash: (text) => createHash("sha256").update(text).digest("hex"),
    nowWall: parts.nowWall,
    directory: parts.directory,
  };
}

function isRuleFile(name: string): boolean {
  return /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name) && !name.startsWith(".");
}

function readText(path: string, sizeBytes: number): string {
  if (sizeBytes > RULE_FILE_MAX_BYTES) {
    throw new RuleFilesError(`${path} has ${sizeBytes} bytes; at most ${RULE_FILE_MAX_BYTES} are read`);
  }
  return readFileSync(path, "utf8");
}

function attempt<Result>(what: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof RuleFilesError) throw error;
    throw new RuleFilesError(`${what}: ${fileProblem(error)}`, { cause: error });
  }
}

/** Places are printed alike on every system, as editors and CI expect them. */
function slashed(path: string): string {
  return path.split(sep).join("/");
}
