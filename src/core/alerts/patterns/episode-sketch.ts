/**
 * What the failures of one rise have in common, in about a kilobyte however many there are.
 *
 * It begins with the fifth failure of a rise, so that the everyday failure costs nothing, and is let go when
 * the evidence is gone. It is not stored: after a restart it begins anew, and an open alert keeps the pattern
 * of its last transition until there is enough for another.
 */
import type { Observation } from "../../extraction/observation.ts";
import { UNKNOWN_USER } from "../../extraction/user-fingerprint.ts";
import type { UnixMillis } from "../../time.ts";
import type { Cadence } from "./cadence.ts";
import { createCadence, followCadence } from "./cadence.ts";
import type { DistinctCount } from "./distinct-count.ts";
import { countDistinct, createDistinctCount, partOf } from "./distinct-count.ts";
import type { KnownClients } from "./known-clients.ts";
import { mixClient, mixText } from "./mix.ts";
import type { ServiceVersions } from "./service-versions.ts";
import type { SuccessesAfterFailures } from "./success-after-failures.ts";
import { createSuccessesAfterFailures } from "./success-after-failures.ts";

export const SKETCHED_FROM_FAILURES = 5;

const CLIENT_BITS = 2048;
const USER_BITS = 1024;
const AGENT_BITS = 256;
const AGENT_KEY = "user_agent.original";
const VERSION_KEY = "service.version";
/** What is asked of a failure by name, and has to be kept of one that waits for its other spans. */
export const SKETCHED_KEYS: readonly string[] = [AGENT_KEY, VERSION_KEY];

export type EpisodeSketch = {
  readonly startedAt: UnixMillis;
  readonly clients: DistinctCount;
  readonly users: DistinctCount;
  readonly agents: DistinctCount;
  readonly cadence: Cadence;
  readonly successes: SuccessesAfterFailures;
  failures: number;
  /** Failures that say who the client, the user and the agent were. */
  withClient: number;
  withUser: number;
  withAgent: number;
  /** Of clients that had not succeeded here, counted while that was known. */
  ofNewClients: number;
  ofJudgedClients: number;
  ofNewVersions: number;
};

export type EpisodeMemory = { readonly knownClients: KnownClients; readonly versions: ServiceVersions };

export function createEpisodeSketch(now: UnixMillis): EpisodeSketch {
  const all = createDistinctCount(CLIENT_BITS + USER_BITS + AGENT_BITS);
  return {
    startedAt: now,
    clients: partOf(all, { fromBit: 0, bits: CLIENT_BITS }),
    users: partOf(all, { fromBit: CLIENT_BITS, bits: USER_BITS }),
    agents: partOf(all, { fromBit: CLIENT_BITS + USER_BITS, bits: AGENT_BITS }),
    cadence: createCadence(),
    successes: createSuccessesAfterFailures(),
    failures: 0,
    withClient: 0,
    withUser: 0,
    withAgent: 0,
    ofNewClients: 0,
    ofJudgedClients: 0,
    ofNewVersions: 0,
  };
}

export function sketchFailure(
  sketch: EpisodeSketch,
  observation: Observation,
  { knownClients, versions }: EpisodeMemory,
  now: UnixMillis,
): void {
  sketch.failures += 1;
  sketchClient(sketch, observation, knownClients, now);
  const agent = observation.attribute(AGENT_KEY);
  if (agent !== undefined) {
    sketch.withAgent += 1;
    countDistinct(sketch.agents, mixText(agent));
  }
  const { user } = observation;
  if (user !== UNKNOWN_USER) {
    sketch.withUser += 1;
    countDistinct(sketch.users, mixClient(user, 0));
  }
  if (isOfNewVersion(observation, versions, now)) sketch.ofNewVersions += 1;
}

/** Also to be asked of failures before there is a sketch: a version is new only after another has been seen. */
export function isOfNewVersion(observation: Observation, versions: ServiceVersions, now: UnixMillis): boolean {
  const version = observation.attribute(VERSION_KEY);
  return version !== undefined && versions.isNew(observation.endpoint.service, version, now);
}

function sketchClient(
  sketch: EpisodeSketch,
  { client, endpoint }: Observation,
  knownClients: KnownClients,
  now: UnixMillis,
): void {
  if (client === 0) return;
  sketch.withClient += 1;
  countDistinct(sketch.clients, mixClient(client, 0));
  followCadence(sketch.cadence, client, now);
  if (!knownClients.isRipe(now)) return;
  sketch.ofJudgedClients += 1;
  if (!knownClients.has(client, endpoint.hash)) sketch.ofNewClients += 1;
}
