/** Small files that a value names: secrets, certificates. What goes wrong is told in the system's words. */
import { readFileSync, statSync } from "node:fs";
import type { ExpansionSources } from "../core/text/expansion.ts";

const SECRET_FILE_MAX_BYTES = 64 * 1024;

export function readSecretFile(path: string): ReturnType<ExpansionSources["file"]> {
  try {
    if (statSync(path).size > SECRET_FILE_MAX_BYTES)
      return { kind: "failed", problem: `more than ${SECRET_FILE_MAX_BYTES} bytes` };
    return { kind: "ok", text: readFileSync(path, "utf8") };
  } catch (error) {
    return { kind: "failed", problem: fileProblem(error) };
  }
}

/** The system's own words for what went wrong, without the call that met it. Rethrows all other errors. */
export function fileProblem(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) throw error;
  return error.message.replace(/^[A-Z0-9_]+: /, "").replace(/, \w+( '.*')?$/, "");
}
