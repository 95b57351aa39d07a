/**
 * An outcome that spans within the request may still change, because they come behind it in its batch.
 *
 * Where a service is known to say within a request how it was answered, the request waits for the end of its
 * batch and is asked once more then. What is said in a later batch comes too late for the outcome.
 */
import type { Explanation } from "./explain-refusal.ts";

export interface OpenAnswer {
  /** What has become of it by now; null where that is nothing new. */
  revise(): Explanation | null;
}
