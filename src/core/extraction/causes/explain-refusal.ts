/**
 * Why a request was refused, and what that makes of its outcome.
 *
 * A cause may overrule a status: services that answer 403 to an expired token, and token routes that
 * answer 400 to a bad grant, mean a failed authentication. Nothing but an explicit statement promotes
 * a status; what is merely likely never does.
 */
import type { SpanView } from "../../otlp/span-view.ts";
import { isAuthenticationRoute } from "../authentication-route.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Outcome } from "../observation.ts";
import type { FailureCause, Statement } from "./cause.ts";
import { provesFailedAuthentication } from "./cause.ts";
import { inferredCause, oauthCause, statedCause } from "./decide-cause.ts";
import type { RefusalSigns } from "./refusal-signs.ts";
import { RefusalSignReader } from "./refusal-signs.ts";

export type Refusal = {
  readonly endpoint: Endpoint;
  readonly outcome: Outcome;
  readonly httpStatus: number;
  /** See `RefusedRequest`. */
  readonly areCredentialsCaptured: boolean;
};

export type Explanation = { readonly outcome: Outcome; readonly cause: Statement | null };

const HTTP_BAD_REQUEST = 400;
const HTTP_PAGE_EXPIRED = 419;

/** Whether a cause is worth looking for. Runs for every request. */
export function mayBeRefusal(outcome: Outcome, httpStatus: number): boolean {
  if (outcome === "ok") return false;
  if (outcome === "unauthenticated" || outcome === "forbidden") return true;
  return outcome === "client_error" && (httpStatus === HTTP_BAD_REQUEST || httpStatus === HTTP_PAGE_EXPIRED);
}

export class RefusalExplainer {
  readonly #signs = new RefusalSignReader();
  /** Index: the endpoint's id. */
  readonly #isAuthenticationRoute: (boolean | undefined)[] = [];

  /** The view must stand on the refused request. */
  explain(view: SpanView, refusal: Refusal): Explanation {
    const { endpoint, outcome, httpStatus } = refusal;
    const isOnAuthenticationRoute = this.#isOnAuthenticationRoute(endpoint);
    const isBadRequest = outcome === "client_error" && httpStatus === HTTP_BAD_REQUEST;
    if (isBadRequest && !isOnAuthenticationRoute) return { outcome, cause: null };
    const signs = this.#signs.read(view);
    if (outcome === "forbidden") return explainForbidden(signs);
    if (isBadRequest) return explainBadRequest(signs, outcome);
    const { method } = endpoint;
    const { areCredentialsCaptured } = refusal;
    const request = { httpStatus, method, isAuthenticationRoute: isOnAuthenticationRoute, areCredentialsCaptured };
    return { outcome, cause: statedCause(signs) ?? inferredCause(signs, request) };
  }

  #isOnAuthenticationRoute({ id, route }: Endpoint): boolean {
    const known = this.#isAuthenticationRoute[id];
    if (known !== undefined) return known;
    const answer = isAuthenticationRoute(route);
    this.#isAuthenticationRoute[id] = answer;
    return answer;
  }
}

/** A recording states the cause itself. */
export function outcomeWithCause(outcome: Outcome, cause: FailureCause | null): Outcome {
  const isPromoted = outcome === "forbidden" && cause !== null && provesFailedAuthentication(cause);
  return isPromoted ? "unauthenticated" : outcome;
}

function explainForbidden(signs: RefusalSigns): Explanation {
  const cause = statedCause(signs) ?? oauthCause(signs);
  return { outcome: outcomeWithCause("forbidden", cause), cause };
}

function explainBadRequest(signs: RefusalSigns, outcome: Outcome): Explanation {
  const oauth = oauthCause(signs);
  return oauth === null ? { outcome, cause: null } : { outcome: "unauthenticated", cause: statedCause(signs) ?? oauth };
}
