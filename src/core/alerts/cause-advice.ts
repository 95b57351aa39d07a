/**
 * What a cause means for the two people who can do something about it: whoever is on call now, and
 * whoever owns the API or its clients and can keep it from happening again.
 */
import type { CauseName } from "../extraction/causes/cause.ts";
import { isCauseName } from "../extraction/causes/cause.ts";
import type { EndpointNames } from "../extraction/endpoint.ts";
import { callAdvice } from "./call-advice.ts";
import type { CauseFailures } from "./cause-tally.ts";
import { leadingCause, UNDECIDED } from "./cause-tally.ts";

export type CauseAdvice = { readonly onCall: string; readonly apiOwner: string };

const ADVICE: Readonly<Record<CauseName, CauseAdvice>> = {
  no_credentials: {
    onCall:
      "Requests arrive without credentials. Look for a proxy, gateway or client release that drops the Authorization header or the cookie; unknown clients without credentials are probing.",
    apiOwner: "Send the credential on every call and across redirects, and answer with a challenge that says which.",
  },
  expired: {
    onCall:
      "Tokens or sessions have expired. See whether refreshing works: failures on the token route, a shortened lifetime, or a clock that is ahead.",
    apiOwner:
      "Refresh once when a token has expired and then repeat the call once; do not loop with the dead token. Refresh a little before expiry, at a random moment, so that clients do not expire together.",
  },
  clock_skew: {
    onCall:
      "Tokens are not valid yet: a clock is wrong. Compare time synchronisation on the instances that refuse and on the issuer.",
    apiOwner: "Allow a leeway of a minute when checking times, and keep every host on network time.",
  },
  invalid_token: {
    onCall:
      "Tokens are refused as invalid without a closer reason. Check for a revocation, a changed issuer or secret, and whether the failing clients used to succeed.",
    apiOwner: "Say in error_description why a token is refused; on the client, fetch a new token once and then stop.",
  },
  malformed: {
    onCall:
      "The tokens are not tokens. From unknown clients that is guessing; from known ones it is a release that builds the header wrongly.",
    apiOwner: "Check how clients build the Authorization header: one scheme, one space, the token unquoted and uncut.",
  },
  bad_signature: {
    onCall:
      "Signatures do not verify. Check for a rotated or mixed-up signing key or secret; from unknown clients it is forgery.",
    apiOwner: "Publish a new key before it signs, and accept the old one until its last token has expired.",
  },
  unsigned: {
    onCall:
      "Tokens without a signature are being tried, which is an old way of forging them. Look at the clients behind it.",
    apiOwner: "Keep to an explicit list of accepted algorithms; never accept `none`.",
  },
  algorithm: {
    onCall: "Tokens use an algorithm that is not accepted: a changed issuer, or somebody trying algorithm confusion.",
    apiOwner: "Agree on the algorithms with the issuer and list them explicitly on the checking side.",
  },
  unknown_key: {
    onCall:
      "The key that signed the tokens is not known. Check whether the issuer has rotated its keys and whether this service fetches them again (JWKS cache).",
    apiOwner: "Fetch the key set again, at a limited rate, when a key id is unknown; publish keys before using them.",
  },
  wrong_audience: {
    onCall:
      "Tokens are meant for another service. Check recent changes of client configuration, issuer or audience settings.",
    apiOwner: "Request tokens for this API's audience, and keep one audience for each API.",
  },
  wrong_issuer: {
    onCall: "Tokens come from another issuer: often the wrong environment, or a changed issuer address.",
    apiOwner: "Check the issuer's address in clients and services character by character, the trailing slash included.",
  },
  wrong_scheme: {
    onCall:
      "Clients use another scheme than the service asks for, such as Basic for Bearer. Check what changed on either side.",
    apiOwner: "Send the scheme that the WWW-Authenticate challenge names.",
  },
  bad_password: {
    onCall:
      "Passwords are wrong. Look at how many accounts and clients take part: few clients with many accounts are an attack; known users all at once are our own fault.",
    apiOwner:
      "Limit attempts for each account and each client, ask for a second factor, and give one answer for all wrong logins.",
  },
  account: {
    onCall:
      "Accounts are locked, disabled or expired. Check for a mass lockout, which an attack can cause, and for a directory change.",
    apiOwner:
      "Tell locked accounts apart in logs, and let a lock end by itself so that an attacker cannot lock users out.",
  },
  invalid_api_key: {
    onCall:
      "API keys are refused. Check for a rotated or revoked key; many different keys from one client are enumeration.",
    apiOwner: "Overlap old and new keys when rotating, and limit attempts for each client.",
  },
  invalid_client: {
    onCall: "The client itself is refused at the token route. Check for a rotated client secret or certificate.",
    apiOwner: "Roll out a new client secret before the old one is withdrawn.",
  },
  invalid_grant: {
    onCall:
      "Grants are refused at the token route: wrong passwords, or refresh tokens that were used twice, revoked or expired. See which clients it is.",
    apiOwner:
      "Use a refresh token once, from one place, and send the user to sign in again after a refusal; do not loop.",
  },
  client_certificate: {
    onCall:
      "Client certificates are missing, have expired or are not trusted. Compare their expiry and issuer with what the gateway trusts; look for a proxy that now ends TLS before it.",
    apiOwner:
      "Renew client certificates by machine well before they expire, and roll out a new authority before its first certificate.",
  },
  insufficient_scope: {
    onCall: "Tokens are good but do not allow this. Check for a changed scope requirement in a recent release.",
    apiOwner: "Request the scopes that the challenge names; do not repeat the call with the same token.",
  },
  step_up_required: {
    onCall: "The service asks for a stronger sign-in. Check whether a policy has changed.",
    apiOwner: "Send the user through a new authorization with the requested acr_values or max_age.",
  },
  dpop: {
    onCall:
      "Proofs of possession are refused. Check clocks, and proxies that change the address the proof was made for.",
    apiOwner: "Make a fresh proof for each request, with its method and its public address.",
  },
  dpop_nonce: {
    onCall:
      "The service asks for a nonce, which is part of the protocol. A rise means that it now changes nonces more often.",
    apiOwner: "Keep the nonce from the last answer and repeat the call once with it.",
  },
  handshake: {
    onCall:
      "These refusals are the first leg of a handshake. A rise means more new connections, for instance through a proxy that no longer keeps them.",
    apiOwner: "Reuse authenticated connections.",
  },
  preflight: {
    onCall:
      "Browsers' preflight requests are refused. Check for a gateway or guard that now stands before CORS handling.",
    apiOwner: "Let OPTIONS pass without credentials.",
  },
  csrf: {
    onCall:
      "Forms are refused because their token is missing or old. Check session storage and recent changes of cookies.",
    apiOwner: "Renew the form's token when the session is renewed.",
  },
  idp_unavailable: {
    onCall:
      "The identity provider or its keys cannot be reached. Check its status, and name resolution and network between it and this service.",
    apiOwner: "Keep the key set cached through an outage, and answer 503 rather than 401 while nothing can be checked.",
  },
  not_auth: {
    onCall:
      "The refusal has nothing to do with credentials; the gateway reports another fault this way. Open an example trace.",
    apiOwner: "Answer with the status that names the fault.",
  },
};

/** Where most failures do not show why: what would make them. */
const ADVICE_WHEN_UNDECIDED: CauseAdvice = {
  onCall:
    "Nothing that was sent says why these requests were refused. Open an example trace, and read the service's own log at that time.",
  apiOwner:
    "Have the response header WWW-Authenticate captured on spans, record the exceptions of the authentication, or send logs with trace ids: the next page can then say why.",
};

/** For the leading cause, from the side that the alert is about; null for causes that only a recording knows. */
export function adviceOnCauses(
  { peer }: Pick<EndpointNames, "peer">,
  causes: readonly CauseFailures[],
): CauseAdvice | null {
  if (causes.length === 0) return null;
  const leading = leadingCause(causes)?.cause ?? UNDECIDED;
  return peer === undefined ? causeAdvice(leading) : callAdvice(leading);
}

/** Null for causes that only a recording knows. */
export function causeAdvice(name: string): CauseAdvice | null {
  if (name === UNDECIDED) return ADVICE_WHEN_UNDECIDED;
  return isCauseName(name) ? ADVICE[name] : null;
}
