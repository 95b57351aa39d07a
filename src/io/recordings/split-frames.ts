/**
 * Cuts a stream of bytes into messages, each behind its length in four bytes, most significant first:
 * what the Collector's file exporter writes with `format: proto`.
 */
import { RecordingError } from "./recorded-item.ts";

export type Frame = { readonly offset: number; readonly bytes: Uint8Array };

export const FRAME_MAX_BYTES = 64 * 1024 * 1024;
export const FRAME_LENGTH_BYTES = 4;

export async function* splitFrames(
  chunks: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<readonly Frame[], void> {
  let offset = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let neededBytes = FRAME_LENGTH_BYTES;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes < neededBytes) continue;
    const bytes = Buffer.concat(waiting);
    const cut = cutFrames(bytes, offset, name);
    if (cut.frames.length > 0) yield cut.frames;
    offset += cut.end;
    waiting = [bytes.subarray(cut.end)];
    waitingBytes = bytes.length - cut.end;
    neededBytes = cut.neededBytes;
  }
  if (waitingBytes > 0) throw broken(name, offset, `the last message ends ${neededBytes - waitingBytes} bytes early`);
}

/** The whole frames in the bytes, where they end, and how many bytes the next one takes. */
function cutFrames(bytes: Buffer, offset: number, name: string) {
  const frames: Frame[] = [];
  let end = 0;
  let neededBytes = FRAME_LENGTH_BYTES;
  while (bytes.length - end >= FRAME_LENGTH_BYTES) {
    const length = bytes.readUInt32BE(end);
    if (length > FRAME_MAX_BYTES) throw broken(name, offset + end, `a length of ${length} bytes is not one`);
    neededBytes = FRAME_LENGTH_BYTES + length;
    if (bytes.length - end < neededBytes) break;
    frames.push({ offset: offset + end, bytes: bytes.subarray(end + FRAME_LENGTH_BYTES, end + neededBytes) });
    end += neededBytes;
    neededBytes = FRAME_LENGTH_BYTES;
  }
  return { frames, end, neededBytes };
}

function broken(name: string, offset: number, problem: string): RecordingError {
  // After a wrong length nothing tells where the next message begins.
  return new RecordingError(`${name}: at byte ${offset}: ${problem}; the rest cannot be read`, {
    reason: "unreadable",
  });
}
