/**
 * What a cause asks for when it is we who call: a dependency refuses a credential of ours.
 *
 * The same causes as for what services answer, from the other side: here the credential is ours to renew, and the dependency is
 * whom to ask. Causes that say nothing more from this side share one advice.
 */
import type { CauseName } from "../extraction/causes/cause.ts";
import type { CauseAdvice } from "./cause-advice.ts";

const RENEW = "Renew credentials by machine well before they end, and alert on the days that are left.";
const REPEAT_ONCE = "Fetch a new token once when one is refused, repeat the call once, and then report the failure.";

const ADVICE: Readonly<Partial<Record<CauseName, CauseAdvice>>> = {
  no_credentials: {
    onCall:
      "Our calls arrive without a credential. Look for a secret that was not mounted, or a client that drops the header.",
    apiOwner: "Refuse to start when the credential for a dependency is missing.",
  },
  expired: {
    onCall: "Our token or secret for this dependency has expired. See why it was not renewed, and renew it.",
    apiOwner: RENEW,
  },
  clock_skew: {
    onCall:
      "The dependency finds our token not valid yet: compare the time on our instances, the issuer and the dependency.",
    apiOwner: "Keep every host on network time.",
  },
  invalid_token: {
    onCall:
      "The dependency refuses our token without a closer reason. See whether it was revoked, or the issuer changed.",
    apiOwner: REPEAT_ONCE,
  },
  malformed: {
    onCall:
      "Our credential is built wrongly: a quoted, cut or doubled value, most often since a deploy or a change of secrets.",
    apiOwner: "Check secrets for blanks and line breaks where they are read.",
  },
  bad_signature: {
    onCall: "The dependency cannot verify our signature: our signing key or its copy of the public one has changed.",
    apiOwner: "Publish a new key before signing with it, and keep the old one until its last token has expired.",
  },
  unknown_key: {
    onCall:
      "The dependency does not know the key that signed our token. Publish it, or have the dependency fetch the keys again.",
    apiOwner: "Publish a new key before signing with it.",
  },
  wrong_audience: {
    onCall: "Our token is meant for another service. Check which audience is asked for since the latest change.",
    apiOwner: "Ask for a token for each dependency, with its audience.",
  },
  wrong_issuer: {
    onCall: "Our token comes from an issuer that the dependency does not trust, often that of another environment.",
    apiOwner: "Keep the issuer's address and the dependency's in one place for each environment.",
  },
  wrong_scheme: {
    onCall: "The dependency asks for another scheme than we send. See what changed there, or in our client's settings.",
    apiOwner: "Follow the WWW-Authenticate challenge.",
  },
  bad_password: {
    onCall:
      "The password of our account there is wrong: it was changed on one side. Stop retrying, or the account is locked.",
    apiOwner: RENEW,
  },
  account: {
    onCall:
      "Our account there is locked, disabled or expired. Ask the dependency's owner, and stop retrying meanwhile.",
    apiOwner: "Use an account of its own for each service, and know when it ends.",
  },
  invalid_api_key: {
    onCall:
      "Our API key is refused: rotated, revoked, or that of another environment. Issue a new one and roll it out.",
    apiOwner: "Overlap old and new keys when rotating.",
  },
  invalid_client: {
    onCall:
      "Our client id or secret is refused at the token endpoint. See whether the secret was rotated, and roll out the present one.",
    apiOwner: RENEW,
  },
  invalid_grant: {
    onCall:
      "Our grant is refused: a refresh token that was revoked, used twice, or has ended. Somebody may have to authorize anew.",
    apiOwner: "Use a refresh token once, from one place, and keep the new one it brings.",
  },
  client_certificate: {
    onCall: "Our client certificate is missing, has expired, or is not trusted there. Check its end and its issuer.",
    apiOwner: RENEW,
  },
  insufficient_scope: {
    onCall: "Our token is good but does not allow this call. See which scope the dependency asks for now.",
    apiOwner: "Ask for the scopes that the challenge names.",
  },
  idp_unavailable: {
    onCall: "The dependency, or we, cannot reach the identity provider. Look at its health and at the way there.",
    apiOwner: "Keep a token until it ends rather than fetching one for each call.",
  },
};

const OTHERWISE: CauseAdvice = {
  onCall:
    "A dependency refuses our calls. Open an example trace, compare when it began with changes of secrets and deploys, and ask its owner.",
  apiOwner: REPEAT_ONCE,
};

/** Of the leading cause, whatever it is called. */
export function callAdvice(cause: string): CauseAdvice {
  const known = Object.entries(ADVICE).find(([name]) => name === cause)?.[1];
  return known ?? OTHERWISE;
}
