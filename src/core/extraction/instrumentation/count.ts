/**
 * What is counted of the requests of a service to find out how well it is instrumented.
 */

/**
 * What signs are a share of: not every request is HTTP, or was refused. `request` are those looked at,
 * `routed` those of them that a router should know a route for, `sign_in` those to sign-in and token routes.
 */
const BASES = [
  "request",
  "http",
  "routed",
  "entry",
  "client",
  "public_peer",
  "sign_in",
  "unauthorized",
  "awaited",
  "passed",
] as const;

/** That something is missing or misleading. */
const SIGNS = [
  // How a request is named.
  "route_absent",
  "route_turned_away",
  "route_without_mount",
  "route_is_path",
  "route_unknown",
  "refusal_apart",
  "endpoint_overflowed",
  "method_absent",
  "method_other",
  // How it was answered, and why it was refused.
  "status_absent",
  "status_is_text",
  "challenge_absent",
  "cause_undecided",
  // In which words.
  "only_old_names",
  "old_and_new_names",
  // Who sent it.
  "client_absent",
  "client_internal",
  "forwarded_header",
  "user_agent_absent",
  "stranger_as_parent",
  // What it stands for, and when.
  "version_absent",
  "gateway_root",
  "thinly_sampled",
  "sign_in_thin",
  "ratio_elsewhere",
  "ended_ahead",
  "ended_long_ago",
  "secret_redacted",
  // Counted for every span, not only for those looked at.
  "repeated",
  "late_part",
  // Of spans that are no requests.
  "inner_status",
  "bubble",
] as const;

export const COUNTS = [...BASES, ...SIGNS] as const;

/** From here on they are signs. */
export const FIRST_SIGN = BASES.length;

export type Count = (typeof COUNTS)[number];

/** Refused requests come apart from others: routes and clients are often missing on those alone. */
export type Stratum = "refused" | "other";
