/**
 * A recorded request as the detector sees it: a line of an access log or of a recording.
 *
 * It goes through the same naming and the same judgement as a span, so that a backtest finds what the
 * live engine would have found.
 */
import { ATTR_CLIENT_ADDRESS } from "@opentelemetry/semantic-conventions";
import { ATTR_SESSION_ID } from "@opentelemetry/semantic-conventions/incubating";
import type { UnixMillis } from "../time.ts";
import { USER_KEYS } from "./attribute-keys.ts";
import { isAuthenticationRoute } from "./authentication-route.ts";
import type { FailureCause } from "./causes/cause.ts";
import { guessedCause } from "./causes/decide-cause.ts";
import { outcomeWithCause } from "./causes/explain-refusal.ts";
import { cleanName } from "./clean-text.ts";
import { fingerprintClientText, UNKNOWN_CLIENT } from "./client-fingerprint.ts";
import type { Endpoint } from "./endpoint.ts";
import { canonicalMethod, canonicalRpcName, UNKNOWN_ROUTE } from "./endpoint-naming.ts";
import type { EndpointTable } from "./endpoint-table.ts";
import type { Observation, Outcome } from "./observation.ts";
import { NO_GRPC_STATUS, NO_HTTP_STATUS, outcomeOf } from "./outcome.ts";
import type { OutcomeOverrides } from "./outcome-override.ts";
import { routeOf } from "./request-route.ts";
import type { ServiceScope } from "./service-table.ts";
import type { SipHashKey } from "./siphash.ts";
import { isGrpcStatus, isHttpStatus } from "./status-names.ts";
import { fingerprintSessionText, fingerprintUserText, UNKNOWN_USER } from "./user-fingerprint.ts";

export type RecordedRequest = {
  readonly endedAt: UnixMillis;
  readonly service: string;
  readonly environment?: string;
  readonly namespace?: string;
  /** Absent for gRPC. */
  readonly method?: string;
  /** A template, or `package.Service/Method` for gRPC. */
  readonly route?: string;
  /** The path of the request, where no template is known. */
  readonly path?: string;
  readonly httpStatus?: number;
  readonly grpcStatus?: number;
  /** Address of the client. */
  readonly client?: string;
  /** Its adjusted count, 1 when absent. */
  readonly weight?: number;
  /** Why authentication failed, where the recording knows. */
  readonly cause?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  /** Further attributes that rules may match on, under the keys of the conventions. */
  readonly attributes?: Readonly<Record<string, string>>;
};

export type RequestContext = {
  readonly endpoints: EndpointTable;
  readonly clientKey: SipHashKey;
  /** What services mean by their answers. */
  readonly outcomes?: OutcomeOverrides;
};

export class RequestObservation implements Observation {
  readonly endpoint: Endpoint;
  readonly outcome: Outcome;
  readonly httpStatus: number;
  readonly grpcStatus: number;
  readonly weight: number;
  readonly client: number;
  readonly user: number;
  readonly session: number;
  readonly endedAt: UnixMillis;
  readonly cause: FailureCause | null;
  readonly #request: RecordedRequest;

  constructor(request: RecordedRequest, context: RequestContext) {
    const { httpStatus = NO_HTTP_STATUS, grpcStatus = NO_GRPC_STATUS, environment = "", namespace = "" } = request;
    const scope = context.endpoints.services.intern({ environment, namespace, service: request.service });
    this.#request = request;
    this.httpStatus = isHttpStatus(httpStatus) ? httpStatus : NO_HTTP_STATUS;
    this.grpcStatus = isGrpcStatus(grpcStatus) ? grpcStatus : NO_GRPC_STATUS;
    this.endpoint = endpointOf(request, { scope, endpoints: context.endpoints });
    const told = recordedCause(request.cause);
    this.outcome = outcomeWithCause(this.#meantBy(context.outcomes) ?? this.#statusOutcome(), told);
    this.cause = told ?? (this.outcome === "unauthenticated" ? guessedCauseOn(this.endpoint, this.httpStatus) : null);
    this.weight = request.weight ?? 1;
    this.client =
      request.client === undefined ? UNKNOWN_CLIENT : fingerprintClientText(context.clientKey, request.client);
    this.user = userOf(request, context.clientKey);
    this.session = fingerprintSessionText(context.clientKey, this.attribute(ATTR_SESSION_ID) ?? "");
    this.endedAt = request.endedAt;
  }

  traceId(): string {
    return this.#request.traceId ?? "";
  }

  spanId(): string {
    return this.#request.spanId ?? "";
  }

  attribute(key: string): string | undefined {
    if (key === ATTR_CLIENT_ADDRESS) return this.#request.client;
    const { attributes } = this.#request;
    return attributes !== undefined && Object.hasOwn(attributes, key) ? attributes[key] : undefined;
  }

  #meantBy(outcomes: OutcomeOverrides | undefined): Outcome | null {
    if (outcomes === undefined || outcomes.isEmpty) return null;
    const { endpoint, httpStatus, grpcStatus } = this;
    return outcomes.outcomeOf({ endpoint, httpStatus, grpcStatus, textsOf: (key) => this.#textsOf(key) });
  }

  #textsOf(key: string): readonly string[] {
    const text = this.attribute(key);
    return text === undefined ? [] : [text];
  }

  #statusOutcome(): Outcome {
    return outcomeOf({ httpStatus: this.httpStatus, grpcStatus: this.grpcStatus, hasError: false });
  }
}

/** The first that is named, by the keys of spans in their order. */
function userOf({ attributes }: RecordedRequest, key: SipHashKey): number {
  if (attributes === undefined) return UNKNOWN_USER;
  for (const name of USER_KEYS) {
    const text = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    const user = text === undefined ? UNKNOWN_USER : fingerprintUserText(key, text);
    if (user !== UNKNOWN_USER) return user;
  }
  return UNKNOWN_USER;
}

/** Whoever recorded the request knew; "unknown" is how some say that they did not. */
function recordedCause(text = ""): FailureCause | null {
  const name = cleanName(text);
  return name === "" || name === "unknown" ? null : { name, confidence: "high" };
}

function guessedCauseOn({ method, route }: Endpoint, httpStatus: number): FailureCause | null {
  return guessedCause({ httpStatus, method, isAuthenticationRoute: isAuthenticationRoute(route) });
}

type Place = { readonly scope: ServiceScope; readonly endpoints: EndpointTable };

/** A request without a method is a remote call. */
function endpointOf(request: RecordedRequest, place: Place): Endpoint {
  const { endpoints, scope } = place;
  const { method = "", route: template, path, httpStatus = NO_HTTP_STATUS } = request;
  if (method === "") {
    const route = canonicalRpcName("", template ?? path ?? "") || UNKNOWN_ROUTE;
    const origin = template === undefined ? "observed" : "declared";
    return endpoints.internIn(scope, { method, route, protocol: "grpc" }, origin);
  }
  const isSuccess = path !== undefined && httpStatus !== NO_HTTP_STATUS && httpStatus < 400;
  // A recording that says `login` means the path, whatever frameworks mean by a word without a slash.
  const { route, origin } = routeOf({ template, path: path ?? template ?? "", isSuccess }, place);
  return endpoints.internIn(scope, { method: canonicalMethod(method), route, protocol: "http" }, origin);
}
