/**
 * Takes all that a stream brings, within two bounds: one for the request, one for all requests that
 * a receiver is in the middle of, which many slow senders together could otherwise overrun.
 */
import type { Readable } from "node:stream";
import type { SharedBudget } from "./shared-budget.ts";

export type Collected =
  /** Copied, even from a single chunk: that may be a part of what was read from a socket. */
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "too_large" }
  /** All requests under way together have reached their bound. */
  | { readonly kind: "crowded" }
  /** The sender went away: nobody is left to answer. */
  | { readonly kind: "aborted" };

/**
 * Listens by hand: an async iterator would destroy the connection when left early. What comes after
 * a body was given up is thrown away, because the stream keeps flowing with nobody listening. The
 * caller keeps an error listener on the stream: a reset can come at any time.
 */
export function collectBytes(stream: Readable, maxBytes: number, budget: SharedBudget): Promise<Collected> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let byteCount = 0;
    const finish = (collected: Collected) => {
      stream.off("data", onData).off("end", onEnd).off("close", onAborted);
      budget.giveBack(byteCount);
      resolve(collected);
    };
    const onData = (chunk: Buffer) => {
      if (byteCount + chunk.length > maxBytes) return finish({ kind: "too_large" });
      if (!budget.tryTake(chunk.length)) return finish({ kind: "crowded" });
      byteCount += chunk.length;
      chunks.push(chunk);
    };
    const onEnd = () => finish({ kind: "read", bytes: Buffer.concat(chunks, byteCount) });
    const onAborted = () => finish({ kind: "aborted" });
    stream.on("data", onData).on("end", onEnd).on("close", onAborted);
  });
}
