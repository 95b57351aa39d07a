/**
 * Episodes of which it is known what they are: attacks and faults drawn from a seed, each within the traffic of a service that
 * people use, and look-alikes that must not be given a name.
 *
 * An episode says what comes on top in each second, and how people fare meanwhile. Rates, crowds, accounts and lengths are drawn, so
 * that a pattern has to be told at strengths that nobody chose.
 */
import type { RecordedRequest } from "../../../src/core/extraction/request-observation.ts";
import { MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import type { Random } from "../../support/random.ts";

export type Requests = readonly Omit<RecordedRequest, "endedAt" | "service">[];

export type Episode = {
  /** What should be said of it; null for nothing. */
  readonly truth: string | null;
  readonly lastsMs: number;
  /** What comes on top of the people's requests. */
  readonly extra: (second: number) => Requests;
  /** How a request of people fares, where it is not as usual. */
  readonly people?: (route: string) => Partial<RecordedRequest> | null;
};

export const LOGIN = "/login";
export const ORDERS = "/v1/orders";
const ROUTES = Array.from({ length: 14 }, (_, index) => `/v1/part-${index}`);
export const PEOPLE_ROUTES = [LOGIN, ORDERS, ...ROUTES];

const NOTHING: Episode["extra"] = () => [];
const stranger = (random: Random) => `198.51.100.${1 + random.integer(250)}`;
const bot = (random: Random) => `198.${random.integer(200)}.${random.integer(250)}.${1 + random.integer(250)}`;
export const person = (index: number) => `203.0.${Math.floor(index / 250)}.${1 + (index % 250)}`;

function lasting(random: Random): number {
  return (3 + random.integer(5)) * MINUTE_MS;
}

/** So many requests in a second, on average. */
function paced(random: Random, perSecond: number, request: () => Requests[number]): Episode["extra"] {
  return () => Array.from({ length: random.poisson(perSecond) }, request);
}

function signIn(client: string, facts: Partial<RecordedRequest> = {}): Requests[number] {
  return { method: "POST", route: LOGIN, httpStatus: 401, client, ...facts };
}

/** One client that fails so often, at a steady pace, and then succeeds. */
function failsAndGetsIn(client: string, failures: number, everySeconds: number): Pick<Episode, "lastsMs" | "extra"> {
  const extra = (second: number) => {
    const attempt = second / everySeconds;
    if (!Number.isInteger(attempt) || attempt > failures) return [];
    return [signIn(client, { httpStatus: attempt === failures ? 200 : 401 })];
  };
  return { lastsMs: (failures + 2) * everySeconds * SECOND_MS, extra };
}

function user(name: string) {
  return { attributes: { "enduser.id": name } };
}

function failing(cause: string, attributes: Readonly<Record<string, string>> = {}): NonNullable<Episode["people"]> {
  return (route) => (route === LOGIN ? null : { httpStatus: 401, cause, attributes });
}

/** By what they are; look-alikes by what they look like. */
export const EPISODES: Readonly<Record<string, (random: Random) => Episode>> = {
  "brute force": (random) => {
    const client = stranger(random);
    const extra = paced(random, 0.5 + 3 * random.uniform(), () => signIn(client));
    return { truth: "brute_force", lastsMs: lasting(random), extra };
  },
  "brute force, account named": (random) => {
    const client = stranger(random);
    const extra = paced(random, 0.5 + 3 * random.uniform(), () => signIn(client, user("anna")));
    return { truth: "brute_force", lastsMs: lasting(random), extra };
  },
  "brute force from many": (random) => {
    const clients = Array.from({ length: 6 + random.integer(40) }, () => bot(random));
    const extra = paced(random, 0.5 + 3 * random.uniform(), () => signIn(random.pick(clients), user("anna")));
    return { truth: "distributed_brute_force", lastsMs: lasting(random), extra };
  },
  "stuffing from one": (random) => {
    const client = stranger(random);
    const extra = paced(random, 1 + 4 * random.uniform(), () => signIn(client, user(`user-${random.integer(1e6)}`)));
    return { truth: "credential_stuffing", lastsMs: lasting(random), extra };
  },
  "stuffing from many": (random) => {
    const extra = paced(random, 1 + 4 * random.uniform(), () => signIn(bot(random)));
    return { truth: "distributed_credential_stuffing", lastsMs: lasting(random), extra };
  },
  spraying: (random) => {
    const client = stranger(random);
    const accounts = 15 + random.integer(60);
    let attempt = 0;
    const extra = paced(random, (4 * accounts) / 240, () => signIn(client, user(`user-${attempt++ % accounts}`)));
    return { truth: "password_spraying", lastsMs: 4 * MINUTE_MS, extra };
  },
  takeover: (random) => {
    const client = stranger(random);
    const failures = 26 + random.integer(40);
    const everySeconds = 1 + random.integer(6);
    return { truth: "account_takeover", ...failsAndGetsIn(client, failures, everySeconds) };
  },
  scan: (random) => {
    const client = stranger(random);
    const share = 0.15 + 0.3 * random.uniform();
    const extra = paced(random, 4 + 8 * random.uniform(), () => {
      const httpStatus = random.chance(share) ? random.pick([403, 404]) : 401;
      return { method: "GET", route: random.pick(ROUTES), httpStatus, client };
    });
    return { truth: "scanner", lastsMs: lasting(random), extra };
  },
  "token guessing": (random) => {
    const client = stranger(random);
    const cause = random.pick(["malformed", "bad_signature", "unsigned"]);
    const request = () => ({ method: "GET", route: ORDERS, httpStatus: 401, client, cause });
    return {
      truth: "token_guessing",
      lastsMs: lasting(random),
      extra: paced(random, 0.5 + 3 * random.uniform(), request),
    };
  },
  "retry loop": (random) => {
    const client = person(random.integer(30));
    const everySeconds = 1 + random.integer(2);
    const request = { method: "GET", route: ORDERS, httpStatus: 401, client, cause: "expired" };
    const extra = (second: number) => (second % everySeconds === 0 ? [request] : []);
    return { truth: "retry_loop", lastsMs: lasting(random), extra };
  },
  "key rotation": (random) => ({
    truth: "key_rotation",
    lastsMs: lasting(random),
    extra: NOTHING,
    people: failing(random.pick(["unknown_key", "bad_signature"])),
  }),
  "identity provider down": (random) => ({
    truth: "idp_outage",
    lastsMs: lasting(random),
    extra: NOTHING,
    people: failing("idp_unavailable"),
  }),
  "clock off": (random) => ({
    truth: "clock_skew",
    lastsMs: lasting(random),
    extra: NOTHING,
    people: failing("clock_skew"),
  }),
  "broken release": (random) => ({
    truth: "deploy",
    lastsMs: lasting(random),
    extra: NOTHING,
    people: failing(random.pick(["invalid_token", "wrong_audience"]), { "service.version": "2.0.0" }),
  }),
  "expiry wave": (random) => ({
    truth: "expiry_wave",
    lastsMs: lasting(random),
    extra: NOTHING,
    people: failing("expired"),
  }),
  "looks like an attack: nobody can sign in": (random) => ({
    truth: null,
    lastsMs: lasting(random),
    extra: NOTHING,
    people: (route) => (route === LOGIN ? { httpStatus: 401 } : null),
  }),
  "looks like stuffing: people behind one address": (random) => {
    const client = person(random.integer(5));
    const extra = paced(random, 1 + random.uniform(), () => signIn(client, user(`user-${random.integer(1e6)}`)));
    return { truth: null, lastsMs: lasting(random), extra };
  },
  "looks like a scan: an expired session": (random) => {
    const client = stranger(random);
    const request = () => ({ method: "GET", route: random.pick(ROUTES), httpStatus: 401, client });
    return { truth: null, lastsMs: lasting(random), extra: paced(random, 4 + 8 * random.uniform(), request) };
  },
  "looks like a takeover: a person at a loss": (random) => {
    const client = stranger(random);
    const failures = 5 + random.integer(5);
    const everySeconds = 6 + random.integer(20);
    return { truth: null, ...failsAndGetsIn(client, failures, everySeconds) };
  },
};
