/**
 * When a count becomes a finding: how large a share it has to be, of how many requests.
 *
 * Shares are generous. A few odd spans are everyday life, and a doctor who finds something in everybody is not
 * listened to.
 */
import { UNKNOWN_SERVICE } from "../service-table.ts";
import type { Count, Stratum } from "./count.ts";
import type { FindingCode, FindingSeverity } from "./finding.ts";
import type { TalliedService } from "./instrumentation-watch.ts";
import type { ServiceTally } from "./service-tally.ts";

/** Fewer tell nothing. */
export const REQUESTS_MIN = 50;
const REFUSALS_MIN = 20;
/** As many of one moment are followed until nothing more is said of them. */
const AWAITED_MIN = 10;

const SOME = 0.05;
const MANY = 0.2;
const MOST = 0.5;
const NEARLY_ALL = 0.95;
/** Retries now and then are everyday life. */
const REPEATED_MIN = 0.01;

export type Symptom = {
  readonly count: number;
  readonly of: number;
  /** Of which an example is kept. */
  readonly sign: Count;
  /** In place of the check's own. */
  readonly severity?: FindingSeverity;
};

type Scope = TalliedService["scope"];

export type Check = {
  readonly code: FindingCode;
  readonly severity: FindingSeverity;
  readonly find: (tally: ServiceTally, scope: Scope) => Symptom | null;
};

export const CHECKS: readonly Check[] = [
  { code: "status_missing", severity: "error", find: share("status_absent", { of: "request", min: SOME }) },
  { code: "no_server_spans", severity: "error", find: findNoServerSpans },
  { code: "middleware_hidden", severity: "warning", find: share("bubble", { of: "passed", min: SOME }) },
  { code: "route_missing_on_failures", severity: "warning", find: findRouteMissingOnFailures },
  { code: "route_unknown", severity: "warning", find: share("route_unknown", { of: "routed", min: SOME }) },
  { code: "route_missing", severity: "warning", find: findRouteMissing },
  { code: "route_placeholder", severity: "warning", find: findPlaceholders },
  { code: "route_is_path", severity: "warning", find: share("route_is_path", { of: "routed", min: SOME }) },
  { code: "mount_missing", severity: "info", find: share("route_without_mount", { of: "routed", min: SOME }) },
  { code: "endpoints_overflow", severity: "warning", find: share("endpoint_overflowed", { of: "request", min: 0.01 }) },
  { code: "method_missing", severity: "warning", find: share("method_absent", { of: "http", min: SOME }) },
  { code: "method_other", severity: "info", find: share("method_other", { of: "http", min: SOME }) },
  { code: "client_missing", severity: "warning", find: findClientMissing },
  { code: "client_is_proxy", severity: "warning", find: findProxies },
  {
    code: "strangers_decide_sampling",
    severity: "warning",
    find: share("stranger_as_parent", { of: "public_peer", min: SOME }),
  },
  { code: "causes_undecided", severity: "warning", find: findUndecided },
  { code: "challenge_missing", severity: "info", find: findChallengeMissing },
  { code: "service_unnamed", severity: "warning", find: findUnnamed },
  { code: "environment_missing", severity: "info", find: findEnvironmentMissing },
  { code: "version_missing", severity: "info", find: share("version_absent", { of: "request", min: MOST }) },
  { code: "user_agent_missing", severity: "info", find: share("user_agent_absent", { of: "request", min: MOST }) },
  { code: "sampling_elsewhere", severity: "warning", find: share("ratio_elsewhere", { of: "request", min: SOME }) },
  { code: "sampling_thin", severity: "warning", find: share("thinly_sampled", { of: "request", min: MOST }) },
  { code: "sampling_thin_sign_in", severity: "warning", find: findThinSignIn },
  { code: "clock_ahead", severity: "warning", find: share("ended_ahead", { of: "request", min: SOME }) },
  { code: "spans_late", severity: "warning", find: share("ended_long_ago", { of: "request", min: MANY }) },
  // One is one too many.
  { code: "secrets_sent", severity: "warning", find: share("secret_redacted", { of: "request", min: 0 }) },
  { code: "old_names", severity: "info", find: share("only_old_names", { of: "http", min: MANY }) },
  { code: "old_and_new_names", severity: "info", find: share("old_and_new_names", { of: "http", min: MANY }) },
  { code: "status_is_text", severity: "info", find: share("status_is_text", { of: "http", min: MANY }) },
  { code: "gateway_roots", severity: "info", find: share("gateway_root", { of: "request", min: MANY }) },
  { code: "nested_spans", severity: "info", find: findNested },
  { code: "spans_torn", severity: "info", find: shareOfAll("late_part") },
  { code: "spans_repeated", severity: "info", find: shareOfAll("repeated") },
];

type Share = { readonly of: Count; readonly min: number; readonly among?: Stratum; readonly ofMin?: number };

function share(sign: Count, wanted: Share): Check["find"] {
  return (tally) => symptomOf(tally, sign, wanted);
}

/** Of what is counted whether it is looked at or not. */
function shareOfAll(sign: Count): Check["find"] {
  return (tally) => {
    const [count, of] = [tally.count(sign), tally.seenCount];
    return of >= REQUESTS_MIN && count >= REPEATED_MIN * of ? { count, of, sign } : null;
  };
}

function symptomOf(tally: ServiceTally, sign: Count, { among, min, of, ofMin = REQUESTS_MIN }: Share): Symptom | null {
  const count = tally.count(sign, among);
  // As it mostly is.
  if (count === 0) return null;
  const all = tally.count(of, among);
  return all >= ofMin && count >= min * all ? { count, of: all, sign } : null;
}

function shareOf(tally: ServiceTally, sign: Count, of: Count, among?: Stratum): number {
  return tally.count(sign, among) / Math.max(1, tally.count(of, among));
}

function findNoServerSpans(tally: ServiceTally): Symptom | null {
  return tally.count("request") > 0 ? null : symptomOf(tally, "inner_status", { of: "passed", min: SOME });
}

/** Successes show routes, so that most refusals find their endpoint; those that do not are what it costs. */
function findRouteMissingOnFailures(tally: ServiceTally): Symptom | null {
  const others =
    shareOf(tally, "route_absent", "routed", "other") + shareOf(tally, "route_turned_away", "routed", "other");
  const isSeen = tally.count("routed", "refused") >= REFUSALS_MIN && tally.count("routed", "other") >= REFUSALS_MIN;
  if (!isSeen || others >= MANY) return null;
  const absent = tally.count("route_absent", "refused");
  const turnedAway = tally.count("route_turned_away", "refused");
  const of = tally.count("routed", "refused");
  if (absent + turnedAway < MANY * of) return null;
  const isCostly = shareOf(tally, "refusal_apart", "routed", "refused") >= SOME;
  const sign = absent >= turnedAway ? "route_absent" : "route_turned_away";
  return { count: absent + turnedAway, of, sign, severity: isCostly ? "warning" : "info" };
}

/** What has no path either is told as that. */
function findRouteMissing(tally: ServiceTally): Symptom | null {
  const wanted = { of: "routed", among: "other", min: MANY, ofMin: REFUSALS_MIN } as const;
  const isTold = shareOf(tally, "route_unknown", "routed") >= MOST;
  return isTold ? null : symptomOf(tally, "route_absent", wanted);
}

function findPlaceholders(tally: ServiceTally): Symptom | null {
  return symptomOf(tally, "route_turned_away", { of: "routed", among: "other", min: MANY, ofMin: REFUSALS_MIN });
}

/** It is missed on refused requests; where there are hardly any, on all. */
function findClientMissing(tally: ServiceTally): Symptom | null {
  const refused = { of: "request", among: "refused", min: MOST, ofMin: REFUSALS_MIN } as const;
  return symptomOf(tally, "client_absent", refused) ?? symptomOf(tally, "client_absent", { of: "request", min: MOST });
}

/**
 * A service within the house is called by few, and rightly so. At its edge, where traces begin, or where proxies
 * have written down whom they serve, one address for all is that of a proxy.
 */
function findProxies(tally: ServiceTally): Symptom | null {
  const internal = symptomOf(tally, "client_internal", { of: "entry", min: MOST });
  if (internal !== null) return internal;
  const clients = tally.count("client");
  const isForwarded = shareOf(tally, "forwarded_header", "request") >= MANY;
  const isOne = tally.commonClientShare > NEARLY_ALL;
  if (!isForwarded || !isOne || clients < REQUESTS_MIN) return null;
  return { count: Math.round(tally.commonClientShare * clients), of: clients, sign: "forwarded_header" };
}

function findUndecided(tally: ServiceTally): Symptom | null {
  const found = symptomOf(tally, "cause_undecided", { of: "awaited", min: MOST, ofMin: AWAITED_MIN });
  return found === null ? null : { ...found, sign: "challenge_absent" };
}

function findChallengeMissing(tally: ServiceTally): Symptom | null {
  if (findUndecided(tally) !== null) return null;
  return symptomOf(tally, "challenge_absent", { of: "unauthorized", min: NEARLY_ALL, ofMin: REFUSALS_MIN });
}

/** Where all is sampled thinly, that is told. */
function findThinSignIn(tally: ServiceTally): Symptom | null {
  if (shareOf(tally, "thinly_sampled", "request") >= MOST) return null;
  return symptomOf(tally, "sign_in_thin", { of: "sign_in", min: MOST, ofMin: REFUSALS_MIN });
}

function findUnnamed(tally: ServiceTally, { service }: Scope): Symptom | null {
  return service.startsWith(UNKNOWN_SERVICE) ? ofAllRequests(tally) : null;
}

function findEnvironmentMissing(tally: ServiceTally, { environment }: Scope): Symptom | null {
  return environment === "" ? ofAllRequests(tally) : null;
}

function findNested(tally: ServiceTally, { nesting }: Scope): Symptom | null {
  return nesting !== null && nesting.depth > 1 ? ofAllRequests(tally) : null;
}

function ofAllRequests(tally: ServiceTally): Symptom | null {
  const of = tally.count("request");
  return of < REQUESTS_MIN ? null : { count: of, of, sign: "request" };
}
