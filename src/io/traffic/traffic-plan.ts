/**
 * The requests of a rehearsal, in the order in which they end, made up as time goes by.
 *
 * Each flow is a Poisson process: requests of many people come independently of one another. The same
 * plan serves the demo's history, so that what it shows as usual is what it then sends.
 */
import type { UnixMillis } from "../../core/time.ts";
import { SECOND_MS } from "../../core/time.ts";
import type { Flow, Scenario } from "./scenarios.ts";
import { troubledTraffic, USUAL_TRAFFIC } from "./scenarios.ts";
import { SeededChance } from "./seeded-chance.ts";

export type PlannedRequest = {
  readonly flow: Flow;
  readonly endedAt: UnixMillis;
  readonly durationMs: number;
  readonly isRefused: boolean;
  readonly client: string;
  readonly userAgent: string;
};

export type TrafficPlanSettings = {
  readonly seed: number;
  /** Requests per second of the usual traffic. */
  readonly rate: number;
  readonly startAt: UnixMillis;
  readonly scenario: Scenario;
  /** When the scenario's trouble begins and ends. */
  readonly troubleFrom: UnixMillis;
  readonly troubleUntil: UnixMillis;
};

/** One flow with the time at which its next request ends, and chance of its own: no other flow disturbs it. */
type Stream = { readonly flow: Flow; readonly until: UnixMillis; readonly chance: SeededChance; nextAt: UnixMillis };

export class TrafficPlan {
  readonly #rate: number;
  readonly #streams: readonly Stream[];

  constructor({ rate, scenario, seed, startAt, troubleFrom, troubleUntil }: TrafficPlanSettings) {
    this.#rate = rate;
    const spells = [
      { flows: USUAL_TRAFFIC, from: startAt, until: troubleFrom },
      { flows: troubledTraffic(scenario), from: troubleFrom, until: troubleUntil },
      { flows: USUAL_TRAFFIC, from: troubleUntil, until: Number.POSITIVE_INFINITY },
    ];
    const streams = spells.flatMap(({ flows, from, until }) => flows.map((flow) => ({ flow, until, nextAt: from })));
    this.#streams = streams.map((stream, index) => ({
      ...stream,
      chance: new SeededChance(seed * streams.length + index),
    }));
    for (const stream of this.#streams) stream.nextAt += this.#gap(stream);
  }

  /** The requests that have ended since the last call, oldest first. */
  until(moment: UnixMillis): readonly PlannedRequest[] {
    const requests: PlannedRequest[] = [];
    for (const stream of this.#streams) {
      while (stream.nextAt < Math.min(moment, stream.until)) {
        requests.push(requestOf(stream));
        stream.nextAt += this.#gap(stream);
      }
    }
    return requests.sort((left, right) => left.endedAt - right.endedAt);
  }

  #gap({ flow, chance }: Stream): number {
    return chance.wait(SECOND_MS / (this.#rate * flow.share));
  }
}

function requestOf({ chance, flow, nextAt: endedAt }: Stream): PlannedRequest {
  const { clients, failureShare, meanDurationMs, userAgents } = flow;
  return {
    flow,
    endedAt,
    // No request takes no time at all.
    durationMs: 2 + chance.wait(meanDurationMs),
    isRefused: chance.happens(failureShare),
    client: `${clients.network}.${1 + chance.below(clients.count)}`,
    userAgent: userAgents[chance.below(userAgents.length)] ?? "",
  };
}
