/**
 * Finds endpoints by the name that a person types, out of any number of them.
 *
 * There may be a million, so they are looked through in turns: a question must not hold up spans. What is
 * near the name is gathered on the way, for those who mistyped it.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { nearestName } from "../core/diagnostic.ts";
import type { Endpoint } from "../core/extraction/endpoint.ts";
import { canonicalRoutePattern } from "../core/rules/glob.ts";

export type EndpointQuestion = {
  /** As in `POST /login`, `auth.v1.Login/SignIn`, or a route alone. */
  readonly name: string;
  readonly service: string | null;
  readonly environment: string | null;
};

export type EndpointsFound = {
  /** At most `FOUND_MAX`. */
  readonly found: readonly Endpoint[];
  readonly foundCount: number;
  /** Of other names or places, as in `POST /login of auth`, at most `SUGGESTIONS_MAX`. */
  readonly suggestions: readonly string[];
  /** In the place that was asked for, those that stand for all beyond the bound. */
  readonly overflow: readonly Endpoint[];
};

export const FOUND_MAX = 10;
const SUGGESTIONS_MAX = 3;
const OVERFLOW_MAX = 10;
/** About a millisecond. */
const ENDPOINTS_PER_TURN = 2000;

export async function searchEndpoints(
  endpoints: Iterable<Endpoint>,
  question: EndpointQuestion,
): Promise<EndpointsFound> {
  const name = canonicalName(question.name);
  const found: Endpoint[] = [];
  const overflow: Endpoint[] = [];
  const elsewhere: string[] = [];
  const near: string[] = [];
  let foundCount = 0;
  let seen = 0;
  for (const endpoint of endpoints) {
    if (++seen % ENDPOINTS_PER_TURN === 0) await nextTurn();
    const isThere = isInPlace(endpoint, question);
    if (isThere && endpoint.isOverflow && overflow.length < OVERFLOW_MAX) overflow.push(endpoint);
    if (isNamed(endpoint, name)) {
      if (isThere && ++foundCount <= FOUND_MAX) found.push(endpoint);
      else if (!isThere && elsewhere.length < SUGGESTIONS_MAX) elsewhere.push(placeOf(endpoint));
    } else if (isThere && near.length < SUGGESTIONS_MAX && isNear(endpoint, name)) near.push(placeOf(endpoint));
  }
  return { found, foundCount, overflow, suggestions: [...elsewhere, ...near].slice(0, SUGGESTIONS_MAX) };
}

/** `post /users/:id` as endpoints are named: `POST /users/{}`. */
function canonicalName(text: string): string {
  const [, method = "", rest = ""] = /^(?:(\S+)\s+)?(\S.*)$/.exec(text.trim()) ?? [];
  return method === "" ? canonicalRoutePattern(rest) : `${method.toUpperCase()} ${canonicalRoutePattern(rest)}`;
}

export function isNamedAs({ name, route }: Pick<Endpoint, "name" | "route">, text: string): boolean {
  return isNamed({ name, route }, canonicalName(text));
}

function isNamed({ name, route }: Pick<Endpoint, "name" | "route">, wanted: string): boolean {
  return name === wanted || route === wanted;
}

function isInPlace({ environment, service }: Endpoint, question: EndpointQuestion): boolean {
  if (question.service !== null && question.service !== service) return false;
  return question.environment === null || question.environment === environment;
}

/** A slip of the keyboard, another method, or a longer path. */
function isNear({ name, route }: Endpoint, wanted: string): boolean {
  if (Math.abs(name.length - wanted.length) <= 2 && nearestName(wanted, [name]) !== undefined) return true;
  const path = wanted.slice(wanted.indexOf(" ") + 1);
  return path.length > 1 && (route === path || route.endsWith(path));
}

function placeOf({ environment, name, service }: Endpoint): string {
  return `"${name}" of ${service}${environment === "" ? "" : ` in ${environment}`}`;
}
