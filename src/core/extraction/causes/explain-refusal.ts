/**
 * Why a request was refused, and what that makes of its outcome.
 *
 * A cause may overrule a status: services that answer 403 to an expired token, and token routes that
 * answer 400 to a bad grant, mean a failed authentication. Nothing but an explicit statement promotes
 * a status; what is merely likely never does. What is said after the request was counted may still make
 * the cause clearer, but its outcome stays.
 */
import type { SpanView } from "../../otlp/span-view.ts";
import { PATH_SLOTS } from "../attribute-keys.ts";
import { isAuthenticationRoute } from "../authentication-route.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Outcome } from "../observation.ts";
import type { FailureCause } from "./cause.ts";
import { isStated, isWithoutCredentials, provesFailedAuthentication, ROW } from "./cause.ts";
import { inferredCause, namesBadToken, oauthCause, statedCause } from "./decide-cause.ts";
import { answerOf, providerFailure, statementsOf } from "./inner-span.ts";
import type { OpenAnswer } from "./open-answer.ts";
import type { Heard, Refusal } from "./refusal.ts";
import { compareHeard } from "./refusal.ts";
import type { RefusalEvidence } from "./refusal-evidence.ts";
import type { RefusalSigns } from "./refusal-signs.ts";
import { RefusalSignReader } from "./refusal-signs.ts";
import type { TracePlace } from "./trace-place.ts";
import { CLOSENESS } from "./trace-place.ts";

export type RefusedSpan = {
  readonly endpoint: Endpoint;
  readonly outcome: Outcome;
  readonly httpStatus: number;
  readonly habits: ServiceHabits;
};

/** What a service's spans have shown of it so far; see `RefusedRequest`. */
export type ServiceHabits = {
  readonly capturesCredentials: boolean;
  /** Learned here. */
  namesBadTokens: boolean;
};

export type Explanation = {
  readonly outcome: Outcome;
  readonly cause: FailureCause | null;
  /** Null where no more will be heard, because the request was not refused after all. */
  readonly refusal: Refusal | null;
};

const KIND_CLIENT = 3;
const HTTP_BAD_REQUEST = 400;
const HTTP_PAGE_EXPIRED = 419;
const INNER_SPAN = "an inner span";

/** Whether a cause is worth looking for. Runs for every request. */
export function mayBeRefusal(outcome: Outcome, httpStatus: number): boolean {
  if (outcome === "ok") return false;
  if (outcome === "unauthenticated" || outcome === "forbidden") return true;
  return outcome === "client_error" && (httpStatus === HTTP_BAD_REQUEST || httpStatus === HTTP_PAGE_EXPIRED);
}

export class RefusalExplainer {
  readonly #evidence: RefusalEvidence;
  readonly #signs = new RefusalSignReader();
  readonly #isAuthenticationRoute = new WeakMap<Endpoint, boolean>();

  constructor(evidence: RefusalEvidence) {
    this.#evidence = evidence;
  }

  /** The view must stand on the refused request. */
  explain(view: SpanView, refused: RefusedSpan): Explanation {
    const { outcome, httpStatus } = refused;
    const isBadRequest = outcome === "client_error" && httpStatus === HTTP_BAD_REQUEST;
    if (isBadRequest && !this.#isOnAuthenticationRoute(refused.endpoint))
      return { outcome, cause: null, refusal: null };
    const signs = this.#signs.read(view);
    if (namesBadToken(signs)) refused.habits.namesBadTokens = true;
    const place = this.#evidence.placeOf(view);
    if (outcome === "forbidden") return this.#explainForbidden(place, signs);
    if (isBadRequest) return this.#explainBadRequest(place, signs, outcome);
    const inferred = inferredCause(signs, this.#requestOf(refused));
    const own = statedCause(signs) ?? inferred;
    if (outcome !== "unauthenticated") return { outcome, cause: own, refusal: null };
    const shown = inferred !== null && isWithoutCredentials(inferred) ? inferred : null;
    return explained(outcome, this.#evidence.refuse(place, own, shown));
  }

  /** Hears what a span that is no request says about the one it belongs to. */
  listenTo(view: SpanView): void {
    const failure = providerFailure(view, PATH_SLOTS);
    if (failure !== null) this.#evidence.testify(this.#evidence.placeOf(view), failure);
    else if (mayHoldExceptions(view)) this.#listenToExceptions(view);
  }

  /**
   * What may be said of the answer by spans behind this one in its batch; null for nearly every request. To be asked
   * after `explain`, for the outcome as it is then.
   */
  openAnswer(view: SpanView, { endpoint, httpStatus, outcome }: Omit<RefusedSpan, "habits">): OpenAnswer | null {
    const evidence = this.#evidence;
    const isOpen =
      (outcome === "ok" && evidence.mayHaveAnswered(view)) ||
      (outcome === "forbidden" && evidence.mayHaveTold(view)) ||
      (outcome === "client_error" &&
        httpStatus === HTTP_BAD_REQUEST &&
        this.#isOnAuthenticationRoute(endpoint) &&
        evidence.mayHaveTold(view));
    if (!isOpen) return null;
    const place = evidence.placeOf(view);
    return { revise: () => this.#revise(place, outcome) };
  }

  /** Of a request whose owner has said how it was answered. */
  explainMeant(place: TracePlace, outcome: Outcome): Explanation {
    if (outcome !== "forbidden" && outcome !== "unauthenticated") return { outcome, cause: null, refusal: null };
    const promoted = outcome === "forbidden" ? this.#reviseForbidden(place) : null;
    return promoted ?? explained(outcome, this.#evidence.refuse(place, null));
  }

  /** Reads how the span itself says that it was answered, for requests whose status is good. */
  answerOn(view: SpanView): Outcome | null {
    return answerOf(this.#signs.read(view));
  }

  /** Looks once more at what has been said within a request; null where that leaves its outcome as it is. */
  #revise(place: TracePlace, outcome: Outcome): Explanation | null {
    const evidence = this.#evidence;
    if (outcome === "ok") {
      const answer = evidence.answerAt(place);
      return answer === null ? null : explained(answer, evidence.refuse(place, null));
    }
    if (outcome === "forbidden") return this.#reviseForbidden(place);
    const oauth = evidence.heardAt(place).find(({ statement }) => statement.row === ROW.oauthError);
    return oauth === undefined ? null : explained("unauthenticated", evidence.refuse(place, oauth.statement));
  }

  #reviseForbidden(place: TracePlace): Explanation | null {
    // Knows what the request's own span says already.
    const refusal = this.#evidence.refuse(place, null);
    const own = refusal.heard === null ? [] : [refusal.heard];
    const heard = [...own, ...this.#evidence.heardAt(place)].filter(isExplicit);
    const revised = outcomeWithCause("forbidden", heard.sort(compareHeard)[0]?.statement ?? null);
    return revised === "forbidden" ? null : explained(revised, refusal);
  }

  #listenToExceptions(view: SpanView): void {
    const signs = this.#signs.read(view);
    const statements = statementsOf(signs, INNER_SPAN);
    const answer = answerOf(signs);
    if (statements.length === 0 && answer === null) return;
    const place = this.#evidence.placeOf(view);
    for (const statement of statements) this.#evidence.testify(place, statement);
    if (answer !== null) this.#evidence.answer(place, answer);
  }

  #explainForbidden(place: TracePlace, signs: RefusalSigns): Explanation {
    const own = statedCause(signs) ?? oauthCause(signs);
    const heard = this.#evidence.heardAt(place).filter(isExplicit);
    const all = own === null ? heard : [...heard, { statement: own, closeness: CLOSENESS.own }];
    const strongest = [...all].sort(compareHeard)[0]?.statement ?? null;
    return explained(outcomeWithCause("forbidden", strongest), this.#evidence.refuse(place, own));
  }

  #explainBadRequest(place: TracePlace, signs: RefusalSigns, outcome: Outcome): Explanation {
    const heard = this.#evidence.heardAt(place).find(({ statement }) => statement.row === ROW.oauthError);
    const oauth = oauthCause(signs) ?? heard?.statement ?? null;
    if (oauth === null) return { outcome, cause: null, refusal: null };
    return explained("unauthenticated", this.#evidence.refuse(place, statedCause(signs) ?? oauth));
  }

  #requestOf({ endpoint, habits, httpStatus }: RefusedSpan) {
    const isOnAuthenticationRoute = this.#isOnAuthenticationRoute(endpoint);
    return {
      httpStatus,
      method: endpoint.method,
      isAuthenticationRoute: isOnAuthenticationRoute,
      areCredentialsCaptured: habits.capturesCredentials,
      areBadTokensNamed: habits.namesBadTokens,
    };
  }

  #isOnAuthenticationRoute(endpoint: Endpoint): boolean {
    const known = this.#isAuthenticationRoute.get(endpoint);
    if (known !== undefined) return known;
    const answer = isAuthenticationRoute(endpoint.route);
    this.#isAuthenticationRoute.set(endpoint, answer);
    return answer;
  }
}

/** A recording states the cause itself. */
export function outcomeWithCause(outcome: Outcome, cause: Pick<FailureCause, "name"> | null): Outcome {
  const isPromoted = outcome === "forbidden" && cause !== null && provesFailedAuthentication(cause);
  return isPromoted ? "unauthenticated" : outcome;
}

function explained(outcome: Outcome, refusal: Refusal): Explanation {
  return { outcome, cause: refusal.cause, refusal };
}

function isExplicit({ statement }: Heard): boolean {
  return isStated(statement) || statement.row === ROW.oauthError;
}

/** The errors of calls to others are about those others. */
function mayHoldExceptions({ kind }: SpanView): boolean {
  return kind !== KIND_CLIENT;
}
