/**
 * What to do next, for rules that do not say it themselves.
 *
 * A burst of failed authentication is either somebody at the door or a lock we changed ourselves, and
 * the first steps differ. Patterns decide before causes: a pattern is read from the whole episode, a
 * cause from single requests.
 */
import type { CauseName } from "../extraction/causes/cause.ts";
import type { Evidence } from "./alert.ts";
import { leadingCause } from "./cause-tally.ts";

export type Suspicion = "attack" | "own-fault" | "unclear";

const ATTACK_PATTERNS: ReadonlySet<string> = new Set([
  "brute_force",
  "distributed_brute_force",
  "password_spraying",
  "credential_stuffing",
  "distributed_credential_stuffing",
  "low_and_slow",
  "token_guessing",
  "api_key_enumeration",
  "scanner",
  "account_takeover",
]);

const FAULT_PATTERNS: ReadonlySet<string> = new Set([
  "retry_loop",
  "refresh_loop",
  "key_rotation",
  "clock_skew",
  "idp_outage",
  "deploy",
  "expiry_wave",
]);

const ATTACK_CAUSES: ReadonlySet<string> = new Set<CauseName>(["bad_password", "malformed", "unsigned"]);

const FAULT_CAUSES: ReadonlySet<string> = new Set<CauseName>([
  "idp_unavailable",
  "clock_skew",
  "unknown_key",
  "bad_signature",
  "expired",
  "wrong_scheme",
  "wrong_audience",
  "wrong_issuer",
  "invalid_client",
  "client_certificate",
  "preflight",
  "handshake",
  "dpop_nonce",
]);

const ADVICE: Readonly<Record<Suspicion, string>> = {
  attack:
    "This looks like an attack. Look for successes among the failing clients first: an account may already be taken. Then throttle or block the busiest clients at the edge, and ask for a second factor on this route.",
  "own-fault":
    "This looks like our own fault rather than an attack. Check what changed just before the onset: deploys of this service and its callers, signing keys and secrets, the identity provider, clocks. Roll back or repair first; clients recover by themselves.",
  unclear:
    "Decide first whether this is an attack or our own fault. Many clients that used to succeed and a recent deploy or key change point to a fault; unknown clients on a login or token route point to an attack. Open an example trace to see why the request was refused.",
};

/** How much more a word asks of the person on call: 0 for none, then faults of ours, attacks, and somebody who got in. */
export function gravityOf(pattern: string | null): number {
  if (pattern === "account_takeover") return 3;
  if (pattern !== null && ATTACK_PATTERNS.has(pattern)) return 2;
  return pattern === null ? 0 : 1;
}

export function suspicionOf({ pattern, causes }: Pick<Evidence, "pattern" | "causes">): Suspicion {
  if (pattern !== null && ATTACK_PATTERNS.has(pattern)) return "attack";
  if (pattern !== null && FAULT_PATTERNS.has(pattern)) return "own-fault";
  const leading = leadingCause(causes);
  // What remained when nothing else fitted is no ground for accusing anybody.
  if (leading === null || leading.confidence === "low") return "unclear";
  if (ATTACK_CAUSES.has(leading.cause)) return "attack";
  return FAULT_CAUSES.has(leading.cause) ? "own-fault" : "unclear";
}

export function adviceFor(suspicion: Suspicion): string {
  return ADVICE[suspicion];
}
