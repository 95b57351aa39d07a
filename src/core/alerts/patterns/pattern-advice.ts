/**
 * What a pattern asks of the two people who can do something about it: whoever is on call now, and whoever
 * owns the API or its clients.
 */
import type { CauseAdvice } from "../cause-advice.ts";
import type { PatternName } from "./pattern.ts";
import { PATTERNS } from "./pattern.ts";

const ADVICE: Readonly<Record<PatternName, CauseAdvice>> = {
  account_takeover: {
    onCall:
      "A client that never signed in here kept failing and then got in. Find the account in the traces of that client, end its sessions and tokens, and make its owner set a new password; then block the client and see what was done with the account since.",
    apiOwner:
      "After many failures ask for a second factor even when the password is right, and tell the account's owner.",
  },
  brute_force: {
    onCall:
      "One source keeps guessing. See whether it has got in, then block it at the edge and protect the account it is after.",
    apiOwner: "Limit attempts by account as well as by address, and slow down after a few failures.",
  },
  distributed_brute_force: {
    onCall:
      "Many addresses guess at one account. Blocking addresses will not keep up: lock or step up that account, and tell its owner.",
    apiOwner: "Count failures by account, whatever address they come from, and ask for a second factor beyond a few.",
  },
  password_spraying: {
    onCall:
      "A few passwords are tried on many accounts, slowly enough to stay below lockouts. Look for accounts that gave way, and reset those with common passwords.",
    apiOwner: "Refuse common and leaked passwords, and count failures by source across accounts.",
  },
  credential_stuffing: {
    onCall:
      "One source tries a list of accounts, each once or twice. Some of the pairs will work: list the successes of that source, end their sessions, then block it.",
    apiOwner: "Check passwords against leaks, limit attempts by source across accounts, and offer a second factor.",
  },
  distributed_credential_stuffing: {
    onCall:
      "Clients that never signed in here try a list of accounts, a few attempts each. Challenge new clients on this route and look for successes among them; blocking single addresses does little.",
    apiOwner: "Challenge clients that were never seen, check passwords against leaks, and offer a second factor.",
  },
  low_and_slow: {
    onCall:
      "Strangers have been trying accounts for more than an hour, a few attempts each. There is time: find what they have in common, look for successes among them, then challenge them.",
    apiOwner: "Judge sign-ins by account and over days, not by address and minute.",
  },
  token_guessing: {
    onCall:
      "Few unknown clients send many tokens that were never valid. Make sure that none was accepted, then block them.",
    apiOwner: "Keep to an explicit list of algorithms and keys, and limit refused tokens by client.",
  },
  api_key_enumeration: {
    onCall: "Few unknown clients try many API keys. Make sure that none was accepted, then block them.",
    apiOwner: "Make keys long and random, limit refused keys by client, and let keys expire.",
  },
  scanner: {
    onCall:
      "One client, or a few, try many endpoints of this service and are refused at most of them. Is it a test that was announced? If not, see whether any door was open to it, then block it at the edge.",
    apiOwner: "Refuse before routing, so that a scan learns nothing, and limit refused requests by client.",
  },
  retry_loop: {
    onCall:
      "A program repeats a call that cannot succeed, at a regular pace. Find its owner by the busiest client; this is no attack, and limiting it harms nobody.",
    apiOwner: "When a token is refused, refresh once and repeat once, then stop: do not loop with the dead token.",
  },
  refresh_loop: {
    onCall:
      "A program keeps asking for a token with a refresh token that is no longer valid. Find its owner by the busiest client; limiting it harms nobody.",
    apiOwner: "Treat invalid_grant as final: let the user or the program sign in again, and do not refresh in a loop.",
  },
  key_rotation: {
    onCall:
      "Tokens of clients that used to succeed no longer verify. Compare the issuer's present keys with those this service holds, and have it fetch them again.",
    apiOwner:
      "Publish a new key before it signs, keep the old one until its last token has expired, and fetch on an unknown key id.",
  },
  clock_skew: {
    onCall: "Tokens count as not valid yet: a clock is off. Compare time on the refusing instances and on the issuer.",
    apiOwner: "Allow a minute of leeway when checking times, and alert on clocks that drift.",
  },
  idp_outage: {
    onCall:
      "Credentials cannot be checked because the identity provider does not answer. Look at its health and at the way there; nothing else here needs repair.",
    apiOwner:
      "Keep the last good key set through an outage, and answer 503 rather than 401 when nothing could be checked.",
  },
  deploy: {
    onCall:
      "A new version of this service refuses clients that the old one accepted. Roll it back, then compare its authentication settings, secrets and routes.",
    apiOwner: "Test signing in with real credentials before a version takes traffic, and shift traffic gradually.",
  },
  expiry_wave: {
    onCall:
      "Many clients that used to succeed hold expired tokens at once. See whether they recover by refreshing; if not, look at the token route.",
    apiOwner: "Refresh a little before expiry, at a random moment, and repeat the call once.",
  },
};

/** Null for words of others. */
export function patternAdvice(pattern: string): CauseAdvice | null {
  const name = PATTERNS.find((known) => known === pattern);
  return name === undefined ? null : ADVICE[name];
}
