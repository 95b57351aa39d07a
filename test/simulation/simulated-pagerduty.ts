/**
 * PagerDuty under simulation: the stand-in's own rules for incidents, reached over a bad line.
 *
 * An event may be refused before it is taken, taken although the answer is lost, or kept waiting; a
 * receiver that is down refuses everything for a while.
 */
import type { Verdict } from "../../src/core/alerts/delivery-policy.ts";
import { thawPage } from "../../src/core/alerts/page.ts";
import type { UnixMillis } from "../../src/core/time.ts";
import { Incidents } from "../../src/io/stand-ins/pagerduty-incidents.ts";
import type { OutboxRow } from "../../src/service/outbox.ts";
import type { Random } from "../support/random.ts";
import type { VirtualScheduler } from "../support/virtual-scheduler.ts";

export type ReceivedEvent = {
  readonly at: UnixMillis;
  readonly action: "trigger" | "resolve";
  readonly dedupKey: string;
  readonly alertId: string;
};

const ROUTING_KEY = "0123456789abcdef0123456789abcdef";
const DELIVERED: Verdict = { kind: "delivered", status: 202, bodyExcerpt: "", latencyMs: 20 };
const UNANSWERED: Extract<Verdict, { kind: "retry" }> = {
  kind: "retry",
  reason: "no answer",
  afterMs: null,
  status: null,
  bodyExcerpt: "",
  latencyMs: 20,
};

export class SimulatedPagerDuty {
  readonly incidents = new Incidents();
  readonly events: ReceivedEvent[] = [];
  readonly #time: VirtualScheduler;
  readonly #random: Random;
  /** Share of calls that go wrong. */
  faultShare = 0;
  downUntil: UnixMillis = 0;

  constructor(time: VirtualScheduler, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  async receive(row: OutboxRow): Promise<Verdict> {
    await this.#wait(20);
    if (this.#time.now().steady < this.downUntil) return { ...UNANSWERED, status: 503, reason: "down" };
    if (!this.#random.chance(this.faultShare)) return this.#take(row);
    const fault = this.#random.integer(4);
    if (fault === 0) return { ...UNANSWERED, status: 429, reason: "slow down", afterMs: 30_000 };
    if (fault === 1) return { ...UNANSWERED, status: 500, reason: "internal error" };
    if (fault === 2) await this.#wait(10_000);
    else this.#take(row);
    return UNANSWERED;
  }

  #take(row: OutboxRow): Verdict {
    const { action, dedupKey, alertId, body } = row;
    const at = this.#time.now().steady;
    const { text } = thawPage(body);
    const payload = { summary: text.summary, source: text.source, severity: "error", customDetails: {} };
    this.events.push({ at, action, dedupKey, alertId });
    this.incidents.apply({ action, routingKey: ROUTING_KEY, dedupKey, receivedAt: at, payload, body: {} });
    return DELIVERED;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#time.schedule(ms, resolve);
    });
  }
}
