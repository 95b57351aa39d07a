/**
 * How long to wait before the same batch is sent again.
 *
 * Tries never end: what is queued is kept until it is delivered or too old for the queue. The wait
 * grows to half a minute, which is also how long a destination that is back may go unnoticed; a
 * delivery of another batch cuts it short.
 */
import { MINUTE_MS, SECOND_MS } from "../../core/time.ts";

const FIRST_MS = 0.5 * SECOND_MS;
const LONGEST_MS = 30 * SECOND_MS;
/** A destination that asks for more is asked again anyway: it may have been a slip of units. */
const AFTER_MAX_MS = 15 * MINUTE_MS;
/** Added to what the destination asks for, so that its senders do not all come back at once. */
const AFTER_SPREAD = 0.1;

/**
 * Doubles from half a second to half a minute, then is spread by up to a half either way. A wish of
 * the destination is never cut short below its maximum.
 */
export function retryDelayMs(wait: {
  /** In a row, at least 1. */
  readonly failureCount: number;
  readonly afterMs: number | null;
  /** From 0 up to but not 1. */
  readonly random: number;
}): number {
  if (wait.afterMs !== null) return Math.min(wait.afterMs, AFTER_MAX_MS) * (1 + AFTER_SPREAD * wait.random);
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** (wait.failureCount - 1));
  return ceiling * (0.5 + wait.random);
}
