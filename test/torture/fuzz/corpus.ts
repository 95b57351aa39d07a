/** Inputs worth keeping: those that once failed, and those that reach what chance seldom finds. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type CorpusEntry = { readonly file: string; readonly target: string; readonly bytes: Uint8Array };

const CORPUS = new URL("../../fixtures/fuzz-corpus/", import.meta.url);
const SEPARATOR = "--";

export function corpusEntries(): readonly CorpusEntry[] {
  return readdirSync(CORPUS).map((file) => {
    const [target = ""] = file.split(SEPARATOR);
    return { file, target, bytes: readFileSync(new URL(file, CORPUS)) };
  });
}

/** Returns where the input was put. */
export function keepInCorpus({ target, bytes }: Omit<CorpusEntry, "file">, name: string): string {
  mkdirSync(CORPUS, { recursive: true });
  const place = new URL(`${target}${SEPARATOR}${name}.bin`, CORPUS);
  writeFileSync(place, bytes);
  return fileURLToPath(place);
}
