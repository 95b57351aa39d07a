/**
 * Clients that kept failing on a sign-in route and then got in: an account may have been taken.
 *
 * People mistype and then succeed all day, so a client that has succeeded there before is never listed, and a
 * few failures are a clue in a page, not a reason to raise it. A network that people share has succeeded before.
 * Programs whose secret was wrong and is repaired look the same, so routes on which programs sign in are left out.
 */
import type { Observation } from "../../extraction/observation.ts";
import type { UnixMillis } from "../../time.ts";
import type { SpanReference } from "../alert.ts";
import { referenceTo } from "../span-reference.ts";
import type { KnownClients } from "./known-clients.ts";

/** Failures within about ten minutes before the success: to be listed, and to count as a takeover. */
const LISTED_FAILURES_MIN = 5;
const TAKEOVER_FAILURES_MIN = 10;
/** Last segments of routes on which programs get their tokens. */
const PROGRAM_WORDS: ReadonlySet<string> = new Set(["token", "tokens", "oauth", "oauth2", "refresh", "introspect"]);
/** Later ones are counted, not listed. */
const LISTED_MAX = 16;

export type ListedSuccess = {
  readonly client: number;
  readonly failures: number;
  readonly succeededAt: UnixMillis;
  readonly success: SpanReference;
};

export type SuccessesAfterFailures = {
  readonly listed: ListedSuccess[];
  /** Some of them failed so often that it cannot be a person at a loss. */
  isTakeover: boolean;
};

export function createSuccessesAfterFailures(): SuccessesAfterFailures {
  return { listed: [], isTakeover: false };
}

/** To be called before the success makes its client a known one. `failures` are those of the client, fading. */
export function noteSuccessAfterFailures(
  successes: SuccessesAfterFailures,
  observation: Pick<Observation, "client" | "endpoint" | "spanId" | "traceId">,
  known: { readonly failures: number; readonly knownClients: KnownClients },
  now: UnixMillis,
): void {
  const { failures, knownClients } = known;
  const { client, endpoint } = observation;
  if (client === 0 || failures < LISTED_FAILURES_MIN || knownClients.has(client, endpoint.hash)) return;
  if (isProgramRoute(endpoint.route)) return;
  if (failures >= TAKEOVER_FAILURES_MIN && knownClients.isRipe(now)) successes.isTakeover = true;
  if (successes.listed.length < LISTED_MAX)
    successes.listed.push({ client, failures, succeededAt: now, success: referenceTo(observation) });
}

/** Whether rather programs than people sign in there. */
export function isProgramRoute(route: string): boolean {
  return PROGRAM_WORDS.has(route.slice(route.lastIndexOf("/") + 1).toLowerCase());
}
