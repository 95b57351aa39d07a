/** What commands that read recordings have in common: to play them, to tell of bad lines, and to give up. */
import { renderWithLine } from "../core/diagnostic.ts";
import type { RecordingOptions } from "../io/recordings/read-recording.ts";
import { readRecording } from "../io/recordings/read-recording.ts";
import type { LineFault, RecordedItem } from "../io/recordings/recorded-item.ts";
import { RecordingError } from "../io/recordings/recorded-item.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";

/** More bad lines than this are counted and not shown. */
export const BAD_LINES_SHOWN_MAX = 20;

export type Recordings = RecordingOptions & {
  /** Paths, read in this order; `-` is standard input. */
  readonly inputs: readonly string[];
};

/** Throws a RecordingError when a recording is missing or damaged. */
export async function playRecordings(
  { inputs, ...options }: Recordings,
  { stdin }: CommandContext,
  take: (item: RecordedItem) => void,
): Promise<void> {
  for (const name of inputs) {
    for await (const items of readRecording({ name, stdin }, options)) for (const item of items) take(item);
  }
}

/** Shows the first bad lines and counts them all. */
export class BadLines {
  count = 0;
  readonly #context: CommandContext;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  take({ diagnostics, text }: LineFault): void {
    this.count++;
    if (this.count > BAD_LINES_SHOWN_MAX) return;
    for (const diagnostic of diagnostics) {
      printLine(this.#context.stderr, renderWithLine(diagnostic, text ?? undefined));
    }
  }
}

/** Says why a recording cannot be read, and gives back the exit code. What is no RecordingError is thrown on. */
export function refuseRecording(error: unknown, { stderr }: CommandContext): number {
  if (!(error instanceof RecordingError)) throw error;
  printLine(stderr, error.message);
  return error.reason === "missing" ? EXIT_CODES.notFound : EXIT_CODES.failed;
}
