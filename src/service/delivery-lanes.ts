/**
 * Decides which page may leave next for one target.
 *
 * Pages of one alert form a lane and never overtake each other; lanes never wait for each other. What
 * all lanes of a target share is the receiver's patience: its rate limit, the rest it asks for, and
 * after several failures in a row the rule that only one request at a time tries whether it is back.
 * A page that has never been tried is exempt from that last rule: a receiver that refuses one page
 * for ever must not delay the others.
 */
import type { TokenBucket, Verdict } from "../core/alerts/delivery-policy.ts";
import {
  backoffMs,
  fullBucket,
  refill,
  retryDelayMs,
  takeToken,
  waitForTokenMs,
} from "../core/alerts/delivery-policy.ts";
import type { UnixMillis } from "../core/time.ts";
import type { OutboxRow } from "./outbox.ts";

/** Per target, so that one that hangs does not use up the room of the others. */
const IN_FLIGHT_MAX = 20;
/** Failures in a row after which a receiver counts as down. */
const FAILURES_UNTIL_DOWN = 3;
/** PagerDuty's way to say that the key, not the page, has to wait. */
const TOO_MANY_REQUESTS = 429;

export type Lane = {
  readonly dedupKey: string;
  /** The head first. Never empty while the lane is known to its target. */
  readonly rows: OutboxRow[];
  dueAt: UnixMillis;
  isSending: boolean;
};

export class DeliveryLanes {
  readonly targetId: string;
  readonly #random: () => number;
  readonly #lanes = new Map<string, Lane>();
  #bucket: TokenBucket;
  #heldUntil: UnixMillis = 0;
  #probeAt: UnixMillis = 0;
  #failureCount = 0;
  #inFlight = 0;
  #repeatsInFlight = 0;

  constructor(parts: { readonly targetId: string; readonly now: UnixMillis; readonly random: () => number }) {
    this.targetId = parts.targetId;
    this.#random = parts.random;
    this.#bucket = fullBucket(parts.now);
  }

  add(row: OutboxRow): void {
    const lane = this.#lanes.get(row.dedupKey);
    if (lane !== undefined) {
      lane.rows.push(row);
      return;
    }
    const { dedupKey, nextAttemptAt: dueAt } = row;
    this.#lanes.set(dedupKey, { dedupKey, rows: [row], dueAt, isSending: false });
  }

  /** The lane whose head may leave now; undefined when none may. */
  next(now: UnixMillis): Lane | undefined {
    this.#bucket = refill(this.#bucket, now);
    if (this.#blockedUntil(now) > now) return undefined;
    let best: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (this.#readyAt(lane) <= now && (best === undefined || isBefore(lane, best))) best = lane;
    }
    return best;
  }

  /** When `next` may have an answer, if nothing else happens until then; null when only news can help. */
  wakeAt(now: UnixMillis): UnixMillis | null {
    let earliest = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) earliest = Math.min(earliest, this.#readyAt(lane));
    const wakeAt = Math.max(earliest, this.#blockedUntil(now));
    return Number.isFinite(wakeAt) ? wakeAt : null;
  }

  begin(lane: Lane): void {
    lane.isSending = true;
    if (!isFresh(lane)) this.#repeatsInFlight += 1;
    this.#inFlight += 1;
    this.#bucket = takeToken(this.#bucket);
  }

  /**
   * Takes in what became of the lane's head, as `begin` announced it, and returns when the head is
   * due again; null when it is done with.
   */
  finish(lane: Lane, verdict: Verdict, now: UnixMillis): UnixMillis | null {
    lane.isSending = false;
    this.#inFlight -= 1;
    if (!isFresh(lane)) this.#repeatsInFlight -= 1;
    if (verdict.kind === "retry") return this.#postpone(lane, verdict, now);
    // A refusal too is an answer: the receiver is there.
    this.#receiverIsUp(now);
    return null;
  }

  /** Puts the head's new form in its place. */
  replaceHead(lane: Lane, row: OutboxRow): void {
    lane.rows[0] = row;
  }

  /** The next row of the lane, if any, is due at once. */
  dropHead(lane: Lane, now: UnixMillis): void {
    lane.rows.shift();
    lane.dueAt = now;
    if (lane.rows.length === 0) this.#lanes.delete(lane.dedupKey);
  }

  #postpone(lane: Lane, verdict: Extract<Verdict, { kind: "retry" }>, now: UnixMillis): UnixMillis {
    this.#countFailure(lane, now);
    const attempts = (lane.rows[0]?.attempts ?? 0) + 1;
    const wait = { afterMs: verdict.afterMs, random: this.#random };
    if (verdict.afterMs !== null || verdict.status === TOO_MANY_REQUESTS) {
      const heldUntil = now + retryDelayMs({ ...wait, failureCount: this.#failureCount });
      this.#heldUntil = Math.max(this.#heldUntil, heldUntil);
    }
    lane.dueAt = now + retryDelayMs({ ...wait, failureCount: attempts });
    return lane.dueAt;
  }

  /** Of a receiver that is down only probes count: twenty pages that fail together are one outage. */
  #countFailure(lane: Lane, now: UnixMillis): void {
    if (this.#isDown() && isFresh(lane)) return;
    this.#failureCount += 1;
    this.#probeAt = now + backoffMs(this.#failureCount, this.#random);
  }

  #receiverIsUp(now: UnixMillis): void {
    if (this.#isDown()) {
      for (const lane of this.#lanes.values()) lane.dueAt = Math.min(lane.dueAt, now);
    }
    this.#failureCount = 0;
  }

  #isDown(): boolean {
    return this.#failureCount >= FAILURES_UNTIL_DOWN;
  }

  /** Until when nothing may leave for this target at all. */
  #blockedUntil(now: UnixMillis): UnixMillis {
    if (this.#inFlight >= IN_FLIGHT_MAX) return Number.POSITIVE_INFINITY;
    return Math.max(this.#heldUntil, now + waitForTokenMs(this.#bucket));
  }

  /** While the receiver is down, being due counts for nothing: whoever waits longest may probe. */
  #readyAt(lane: Lane): UnixMillis {
    if (lane.isSending) return Number.POSITIVE_INFINITY;
    if (!this.#isDown() || isFresh(lane)) return lane.dueAt;
    return this.#repeatsInFlight > 0 ? Number.POSITIVE_INFINITY : this.#probeAt;
  }
}

function isFresh({ rows: [head] }: Lane): boolean {
  return head?.attempts === 0;
}

/** News before repeats, then whoever has been due for longest. */
function isBefore(left: Lane, right: Lane): boolean {
  if (isFresh(left) !== isFresh(right)) return isFresh(left);
  return left.dueAt < right.dueAt;
}
