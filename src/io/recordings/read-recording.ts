/**
 * A recording as a stream of what it holds, in the order of its lines, whatever its format.
 *
 * Items come a chunk's worth at a time, and the next chunk is read when they have been used: nothing
 * is held in memory, and nothing waits for a promise per line.
 */
import type { AccessLogOrigin } from "./access-log-line.ts";
import { AccessLogReader } from "./access-log-line.ts";
import type { RecordingInput } from "./byte-stream.ts";
import { peek, readBytes } from "./byte-stream.ts";
import { DETECTION_BYTES, detectFormat } from "./detect-format.ts";
import type { Fault, Reading, RecordedItem, RecordingFormat } from "./recorded-item.ts";
import { readRequestLine } from "./request-line.ts";
import { SpanBatchReader } from "./span-batch.ts";
import { splitFrames } from "./split-frames.ts";
import { splitLines } from "./split-lines.ts";

export type RecordingOptions = {
  /** null = told by the content. */
  readonly format: RecordingFormat | null;
  readonly accessLog: AccessLogOrigin;
};

/** Throws a RecordingError when the recording is missing or damaged. */
export async function* readRecording(
  input: RecordingInput,
  options: RecordingOptions,
): AsyncGenerator<readonly RecordedItem[], void> {
  const { head, chunks } = await peek(readBytes(input), DETECTION_BYTES);
  const format = options.format ?? detectFormat(head);
  const name = input.name === "-" ? "<stdin>" : input.name;
  yield* format === "otlp-proto" ? readFrames(chunks, name) : readLines(chunks, name, lineReader(format, options));
}

function lineReader(format: Exclude<RecordingFormat, "otlp-proto">, options: RecordingOptions) {
  switch (format) {
    case "requests":
      return readRequestLine;
    case "access-log": {
      const reader = new AccessLogReader(options.accessLog);
      return (line: string) => reader.readLine(line);
    }
    case "otlp-json": {
      const reader = new SpanBatchReader();
      return (line: string) => reader.readLine(line);
    }
  }
}

async function* readLines(chunks: AsyncIterable<Buffer>, name: string, readLine: (line: string) => Reading) {
  for await (const { firstLineNumber, lines } of splitLines(chunks, name)) {
    const items: RecordedItem[] = [];
    for (let index = 0; index < lines.length; index++) {
      const line = lines[index] ?? "";
      if (isBlank(line)) continue;
      const reading = readLine(line);
      items.push(reading.kind === "faults" ? faultyLine(reading.faults, line, name, firstLineNumber + index) : reading);
    }
    yield items;
  }
}

async function* readFrames(chunks: AsyncIterable<Buffer>, name: string) {
  const reader = new SpanBatchReader();
  for await (const frames of splitFrames(chunks, name)) {
    yield frames.map(({ bytes, offset }): RecordedItem => {
      const reading = reader.readFrame(bytes);
      return reading.kind === "faults" ? faultyFrame(reading.faults, name, offset) : reading;
    });
  }
}

function isBlank(line: string): boolean {
  return line === "" || line === "\r" || line.trim() === "";
}

const SHOWN_LINE_MAX_LENGTH = 400;

function faultyLine(faults: readonly Fault[], line: string, file: string, lineNumber: number): RecordedItem {
  const diagnostics = faults.map((fault) => ({ severity: "error", file, line: lineNumber, ...fault }) as const);
  const text = line.length <= SHOWN_LINE_MAX_LENGTH ? line : null;
  return { kind: "faulty", fault: { diagnostics, text } };
}

/** Frames have no lines: the place is told in words. */
function faultyFrame(faults: readonly Fault[], file: string, offset: number): RecordedItem {
  const diagnostics = faults.map((fault) => {
    const message = `in the message at byte ${offset} of the file: ${fault.message}`;
    return { severity: "error", file, line: 1, ...fault, message } as const;
  });
  return { kind: "faulty", fault: { diagnostics, text: null } };
}
