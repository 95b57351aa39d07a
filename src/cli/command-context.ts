/** What a command may use of the process it runs in. Commands read nothing else, so tests can be the process. */
import type { Readable, Writable } from "node:stream";

export type CommandContext = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** True when standard output is a terminal that a person looks at. */
  readonly isTty: boolean;
};

/** Colours are for people, and only for those who have not declined them (no-color.org). */
export function wantsColor({ environment, isTty }: CommandContext): boolean {
  return isTty && (environment["NO_COLOR"] ?? "") === "";
}

export function printLine(stream: Writable, line: string): void {
  stream.write(`${line}\n`);
}
