/**
 * What the traffic of a rehearsal is made of: a small shop's endpoints, and what goes wrong with them.
 *
 * Addresses are those that the IETF has set aside for documentation, so that nobody's own can appear
 * in a page or on a block list.
 */

/** Requests of one kind from one group of clients. */
export type Flow = {
  readonly service: string;
  /** "" for gRPC. */
  readonly method: string;
  /** A template, or `package.Service/Method` for gRPC. */
  readonly route: string;
  /** Requests for each of the rehearsal's `rate`. */
  readonly share: number;
  readonly failureShare: number;
  readonly clients: { readonly network: string; readonly count: number };
  readonly userAgents: readonly string[];
  readonly meanDurationMs: number;
  /** What a 401 says in `WWW-Authenticate`. */
  readonly challenge: string;
};

export type Scenario = {
  readonly summary: string;
  /** Comes on top of the usual traffic while the trouble lasts. */
  readonly added: readonly Flow[];
  /** Takes the place of the usual flows of its service meanwhile. */
  readonly broken: { readonly service: string; readonly failureShare: number; readonly challenge: string } | null;
};

const BROWSERS = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
];
const SCRIPTS = ["python-requests/2.32.3", "Go-http-client/2.0"];
const APP = ["shop-app/4.12.0 (Android 15)", "shop-app/4.11.2 (iOS 18.1)"];
const MESH = ["grpc-java-netty/1.68.1"];

const VISITORS = { network: "198.51.100", count: 250 };
const CUSTOMERS = { network: "192.0.2", count: 200 };
const ATTACKERS = "203.0.113";

const BASIC = 'Basic realm="shop"';
const BEARER = 'Bearer realm="shop"';
const EXPIRED = 'Bearer error="invalid_token", error_description="The access token expired"';

const flow = (facts: Pick<Flow, "service" | "method" | "route" | "share" | "failureShare"> & Partial<Flow>): Flow => ({
  clients: VISITORS,
  userAgents: BROWSERS,
  meanDurationMs: 25,
  challenge: BEARER,
  ...facts,
});

/** Seven endpoints of four services; the shares add up to 1. Sessions expire, so each has its trickle of 401s. */
export const USUAL_TRAFFIC: readonly Flow[] = [
  flow({ service: "auth", method: "POST", route: "/login", share: 0.2, failureShare: 0.04, challenge: BASIC }),
  flow({ service: "auth", method: "POST", route: "/oauth/token", share: 0.1, failureShare: 0.02, userAgents: APP }),
  flow({ service: "storefront", method: "GET", route: "/products/{id}", share: 0.3, failureShare: 0.002 }),
  flow({ service: "storefront", method: "POST", route: "/cart", share: 0.1, failureShare: 0.01 }),
  flow({
    service: "orders",
    method: "GET",
    route: "/orders/{id}",
    share: 0.15,
    failureShare: 0.03,
    clients: CUSTOMERS,
    userAgents: APP,
  }),
  flow({
    service: "orders",
    method: "POST",
    route: "/orders",
    share: 0.05,
    failureShare: 0.02,
    clients: CUSTOMERS,
    userAgents: APP,
  }),
  flow({
    service: "billing",
    method: "",
    route: "billing.v1.Billing/Charge",
    share: 0.1,
    failureShare: 0.005,
    userAgents: MESH,
  }),
];

const attackOnLogin = (facts: Pick<Flow, "share" | "failureShare" | "clients">): Flow =>
  flow({ service: "auth", method: "POST", route: "/login", userAgents: SCRIPTS, challenge: BASIC, ...facts });

export const SCENARIOS = {
  steady: { summary: "the usual traffic and nothing else", added: [], broken: null },
  stuffing: {
    summary: "credential stuffing on POST /login from 40 addresses",
    added: [attackOnLogin({ share: 0.8, failureShare: 1, clients: { network: ATTACKERS, count: 40 } })],
    broken: null,
  },
  spray: {
    summary: "password spraying on POST /login from 12 addresses, slowly",
    added: [attackOnLogin({ share: 0.15, failureShare: 0.99, clients: { network: ATTACKERS, count: 12 } })],
    broken: null,
  },
  "brute-force": {
    summary: "one address guesses passwords on POST /login",
    added: [attackOnLogin({ share: 0.4, failureShare: 1, clients: { network: ATTACKERS, count: 1 } })],
    broken: null,
  },
  "token-expiry": {
    summary: "every customer's token expires at once: the orders service refuses nearly all of them",
    added: [],
    broken: { service: "orders", failureShare: 0.97, challenge: EXPIRED },
  },
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof SCENARIOS;

export const SCENARIO_NAMES = Object.keys(SCENARIOS) as readonly ScenarioName[];

/** What arrives while the trouble lasts. */
export function troubledTraffic({ added, broken }: Scenario): readonly Flow[] {
  const usual = USUAL_TRAFFIC.map((usualFlow) =>
    usualFlow.service === broken?.service
      ? { ...usualFlow, failureShare: broken.failureShare, challenge: broken.challenge }
      : usualFlow,
  );
  return [...usual, ...added];
}
