/** A process for a command under test: streams that remember, an environment, and a directory of files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import type { CommandContext } from "../../src/cli/command-context.ts";

export type CommandWorld = {
  readonly context: CommandContext;
  /** What was printed so far. */
  readonly printed: () => string;
  readonly complained: () => string;
};

export function commandWorld(parts: Partial<Pick<CommandContext, "environment" | "isTty">> = {}): CommandWorld {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const context = { environment: {}, isTty: false, stdin: new PassThrough(), stdout, stderr, ...parts };
  const output = remember(stdout);
  const errors = remember(stderr);
  return { context, printed: output, complained: errors };
}

/** Removed again when the test that holds it by `using` ends. */
export function filesIn(texts: Readonly<Record<string, string>>): { readonly directory: string } & Disposable {
  const directory = mkdtempSync(join(tmpdir(), "authspike-"));
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}

function remember(stream: PassThrough): () => string {
  let text = "";
  stream.setEncoding("utf8");
  // A PassThrough hands on what is written at once while someone listens and nothing is buffered.
  stream.on("data", (chunk: string) => {
    text += chunk;
  });
  return () => {
    for (let chunk: unknown = stream.read(); typeof chunk === "string"; chunk = stream.read()) text += chunk;
    return text;
  };
}
