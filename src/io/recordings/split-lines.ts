/**
 * Cuts a stream of bytes into lines, a chunk's worth at a time.
 *
 * Cut at the byte of the line feed before the bytes become text, so that no character is torn; a
 * promise for each line would cost more than reading it.
 */
import { RecordingError } from "./recorded-item.ts";

/** Counted from 1. Without line ends. */
export type LineBatch = { readonly firstLineNumber: number; readonly lines: readonly string[] };

/** A batch of spans on one line is rarely above a few MiB. */
export const LINE_MAX_BYTES = 64 * 1024 * 1024;

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = "\ufeff";

export async function* splitLines(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<LineBatch, void> {
  let firstLineNumber = 1;
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(LINE_FEED);
    if (end === -1) {
      rest.push(chunk);
      restBytes += chunk.length;
      if (restBytes > LINE_MAX_BYTES) throw tooLong(name, firstLineNumber);
      continue;
    }
    const lines = linesOf(Buffer.concat([...rest, chunk.subarray(0, end)]), firstLineNumber);
    yield { firstLineNumber, lines };
    firstLineNumber += lines.length;
    rest = [chunk.subarray(end + 1)];
    restBytes = chunk.length - end - 1;
  }
  if (restBytes > 0) yield { firstLineNumber, lines: linesOf(Buffer.concat(rest), firstLineNumber) };
}

function linesOf(bytes: Buffer, firstLineNumber: number): string[] {
  const text = bytes.toString("utf8");
  return (firstLineNumber === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text).split("\n");
}

function tooLong(name: string, line: number): RecordingError {
  return new RecordingError(`${name}:${line}: a line of more than ${LINE_MAX_BYTES} bytes`, { reason: "unreadable" });
}
