/**
 * Turns spans into requests.
 *
 * A request is counted where it was answered: at its SERVER span. A gateway that emits nothing but a
 * CLIENT span for the call it passes on answers there. Other CLIENT spans are calls: requests of whom the
 * service depends on, kept apart from what it answers. Everything else (internal work, queues) is no
 * request, and counting it would dilute the rate.
 */
import type { SpanView } from "../otlp/span-view.ts";
import { VALUE_STRING } from "../otlp/span-view.ts";
import { equalBytes } from "../otlp/wire.ts";
import { GRPC_STATUS_SLOTS, HTTP_STATUS_SLOTS, RESOURCE_SLOT, SPAN_SLOT } from "./attribute-keys.ts";
import { CallNaming } from "./call-naming.ts";
import { mayBeRefusal, RefusalExplainer } from "./causes/explain-refusal.ts";
import { mayTellOfRequest } from "./causes/inner-span.ts";
import { RefusalEvidence } from "./causes/refusal-evidence.ts";
import { ClientReader } from "./client-reader.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointTable } from "./endpoint-table.ts";
import { HttpSpanNaming } from "./http-span-naming.ts";
import { InstrumentationWatch } from "./instrumentation/instrumentation-watch.ts";
import { NO_GRPC_STATUS } from "./outcome.ts";
import { OutcomeOverrides } from "./outcome-override.ts";
import { RpcSpanNaming } from "./rpc-span-naming.ts";
import { ServiceSampling } from "./service-sampling.ts";
import type { ServiceScope } from "./service-table.ts";
import type { SipHashKey } from "./siphash.ts";
import { SpanAnswers } from "./span-answer.ts";
import { SpanObservation } from "./span-observation.ts";
import { hasError, isMicrometer, readGrpcStatus, readHttpStatus } from "./span-status.ts";

export type ExtractionSettings = {
  /** Secret of this installation: four 32-bit words. */
  readonly clientKey: SipHashKey;
  readonly endpoints: EndpointTable;
  readonly clients?: ClientReader;
  /** Outlives the extractor, since signs of sampling take an hour to show. */
  readonly sampling?: ServiceSampling;
  /** Outlives the extractor: what it holds may still be asked for when the rules change. */
  readonly evidence?: RefusalEvidence;
  readonly outcomes?: OutcomeOverrides;
  /** Outlives the extractor, since it takes a while to know a service. */
  readonly watch?: InstrumentationWatch;
};

const KIND_UNSPECIFIED = 0;
const KIND_INTERNAL = 1;
const KIND_SERVER = 2;
const KIND_CLIENT = 3;
const HTTP_SLOTS = [SPAN_SLOT.httpRequestMethod, SPAN_SLOT.httpMethod, SPAN_SLOT.httpRoute, ...HTTP_STATUS_SLOTS];
const RPC_SLOTS = [
  SPAN_SLOT.rpcSystemName,
  SPAN_SLOT.rpcSystem,
  SPAN_SLOT.rpcService,
  SPAN_SLOT.rpcMethod,
  SPAN_SLOT.grpcMethod,
  ...GRPC_STATUS_SLOTS,
];

const utf8 = new TextEncoder();
const PROXY_COMPONENT = utf8.encode("proxy");
const HTTP_SYSTEM = utf8.encode("http");
const EGRESS_NAME = utf8.encode("egress ");
/** Istio: how the id of a proxy beside an application begins. */
const SIDECAR = utf8.encode("sidecar~");

export class SpanExtractor {
  readonly #settings: ExtractionSettings;
  readonly #clients: ClientReader;
  readonly #sampling: ServiceSampling;
  readonly #httpNaming: HttpSpanNaming;
  readonly #rpcNaming: RpcSpanNaming;
  readonly #callNaming: CallNaming;
  readonly #explainer: RefusalExplainer;
  readonly #answers: SpanAnswers;
  readonly #watch: InstrumentationWatch;
  /** Of the last endpoint: see `HttpSpanNaming`. */
  #isNamedByRoute = false;
  #observation: SpanObservation | null = null;
  #scope: ServiceScope | null = null;
  #scopeBytes: Uint8Array | null = null;
  #scopeResourceIndex = -1;

  constructor(settings: ExtractionSettings) {
    const { clientKey, evidence = new RefusalEvidence(clientKey[1]), outcomes = new OutcomeOverrides() } = settings;
    this.#settings = settings;
    this.#sampling = settings.sampling ?? new ServiceSampling();
    this.#clients = settings.clients ?? new ClientReader(clientKey);
    this.#explainer = new RefusalExplainer(evidence);
    this.#answers = new SpanAnswers({ overrides: outcomes, evidence, explainer: this.#explainer });
    this.#watch = settings.watch ?? new InstrumentationWatch(settings.endpoints);
    this.#httpNaming = new HttpSpanNaming(settings.endpoints);
    this.#rpcNaming = new RpcSpanNaming(settings.endpoints);
    this.#callNaming = new CallNaming(settings.endpoints, this.#rpcNaming);
  }

  /**
   * The request that the span stands for, null when it stands for none. The same object each time.
   * The bytes of a request must not be changed between its spans.
   */
  extract(view: SpanView): SpanObservation | null {
    if (!isRequest(view)) return this.#listenTo(view);
    const grpcStatus = readGrpcStatus(view);
    const scope = this.scopeOf(view);
    if (view.attributes.has(SPAN_SLOT.authorization)) scope.capturesCredentials = true;
    const endpoint = this.#endpointOf(view, scope, grpcStatus);
    const observation = this.#observationOn(view, scope, endpoint);
    observation.scope = scope;
    const weight = this.#sampling.weightOf(view, scope);
    const result = { httpStatus: readHttpStatus(view), grpcStatus, hasError: hasError(view) };
    observation.moveTo(endpoint, result, weight);
    observation.hasRoute = this.#isNamedByRoute;
    observation.outcome = this.#answers.outcomeOf(observation) ?? observation.outcome;
    if (mayBeRefusal(observation.outcome, observation.httpStatus)) this.#explain(observation);
    observation.openAnswer = this.#answers.openAnswer(observation);
    this.#sampling.note(observation.outcome === "ok" ? "success" : "other", observation.endedAt);
    this.#watch.note(observation);
    return observation;
  }

  /** The call that the span stands for, which is counted for whom it was sent to; null when it stands for none. */
  extractCall(view: SpanView): SpanObservation | null {
    if (!isCall(view)) return null;
    const grpcStatus = readGrpcStatus(view);
    const scope = this.scopeOf(view);
    const endpoint = this.#callNaming.endpointOf(view, scope, isRemoteCall(view, grpcStatus) ? "rpc" : "http");
    if (endpoint === null) return null;
    const observation = this.#observationOn(view, scope, endpoint);
    observation.scope = this.#settings.endpoints.scopeOf(endpoint);
    const result = { httpStatus: readHttpStatus(view), grpcStatus, hasError: hasError(view) };
    observation.moveToCall(endpoint, result, this.#sampling.weightOf(view, scope));
    if (mayBeRefusal(observation.outcome, observation.httpStatus)) this.#explain(observation);
    return observation;
  }

  /** Lets go of the last request's bytes. Calling it is never wrong; the next span starts anew. */
  forgetRequest(): void {
    this.#scope = null;
    this.#scopeBytes = null;
    this.#watch.forgetRequest();
  }

  /** The service that sent the span. Read once for all spans of a resource. */
  scopeOf(view: SpanView): ServiceScope {
    if (this.#scope !== null && this.#scopeBytes === view.bytes && this.#scopeResourceIndex === view.resourceIndex) {
      return this.#scope;
    }
    const { resource, bytes } = view;
    this.#scope = this.#settings.endpoints.services.intern({
      environment:
        resource.text(bytes, RESOURCE_SLOT.deploymentEnvironmentName) ??
        resource.text(bytes, RESOURCE_SLOT.deploymentEnvironment) ??
        "",
      namespace: resource.text(bytes, RESOURCE_SLOT.serviceNamespace) ?? "",
      service: resource.text(bytes, RESOURCE_SLOT.serviceName) ?? "",
    });
    this.#scopeBytes = bytes;
    this.#scopeResourceIndex = view.resourceIndex;
    return this.#scope;
  }

  /** What stands for no request may still tell why one was refused, and which routes the service has. */
  #listenTo(view: SpanView): null {
    if (view.kind === KIND_INTERNAL && showsRoute(view)) this.#httpNaming.endpointOf(view, this.scopeOf(view));
    if (mayTellOfRequest(view)) this.#explainer.listenTo(view);
    this.#answers.listenTo(view);
    this.#watch.pass(view, this.scopeOf(view));
    return null;
  }

  #explain(observation: SpanObservation): void {
    const { endpoint, outcome, httpStatus, scope, view } = observation;
    const refused = { endpoint, outcome, httpStatus, habits: scope };
    const explained = this.#explainer.explain(view, refused);
    observation.outcome = explained.outcome;
    observation.cause = explained.cause;
    if (explained.refusal !== null) observation.refusals = [explained.refusal];
  }

  #endpointOf(view: SpanView, scope: ServiceScope, grpcStatus: number): Endpoint {
    const rpcEndpoint = isRemoteCall(view, grpcStatus) ? this.#rpcNaming.endpointOf(view, scope) : null;
    this.#isNamedByRoute = rpcEndpoint !== null;
    if (rpcEndpoint !== null) return rpcEndpoint;
    const endpoint = this.#httpNaming.endpointOf(view, scope);
    this.#isNamedByRoute = this.#httpNaming.isNamedByRoute;
    return endpoint;
  }

  #observationOn(view: SpanView, scope: ServiceScope, endpoint: Endpoint): SpanObservation {
    if (this.#observation === null || this.#observation.view !== view) {
      this.#observation = new SpanObservation(view, this.#clients, { scope, endpoint });
    }
    return this.#observation;
  }
}

/**
 * Whether a span that is no request may stand between two spans of one. Calls and messages may not: what
 * lies within them is a request of its own.
 */
export function mayStandBetween({ kind }: SpanView): boolean {
  return kind === KIND_INTERNAL || kind === KIND_SERVER || kind === KIND_UNSPECIFIED;
}

function isRequest(view: SpanView): boolean {
  if (view.kind === KIND_SERVER) {
    return !isBubble(view) && (hasAny(view, HTTP_SLOTS) || hasAny(view, RPC_SLOTS) || isMicrometer(view));
  }
  return view.kind === KIND_CLIENT && isGatewayRoot(view) && (hasAny(view, HTTP_SLOTS) || hasAny(view, RPC_SLOTS));
}

function isCall(view: SpanView): boolean {
  return view.kind === KIND_CLIENT && !isGatewayRoot(view) && (hasAny(view, HTTP_SLOTS) || hasAny(view, RPC_SLOTS));
}

/** Kratos names its handlers as remote calls in spans of HTTP too, and says so. */
function isRemoteCall(view: SpanView, grpcStatus: number): boolean {
  return grpcStatus !== NO_GRPC_STATUS || (hasAny(view, RPC_SLOTS) && !holds(view, SPAN_SLOT.rpcSystem, HTTP_SYSTEM));
}

/** Next.js: the outer span of a request that an inner one reports with its true status. */
function isBubble({ attributes, bytes }: SpanView): boolean {
  return attributes.has(SPAN_SLOT.nextBubble) && attributes.text(bytes, SPAN_SLOT.nextBubble) === "true";
}

/**
 * Envoy as a gateway has only the CLIENT span of the call upstream; behind an ingress span it is a child.
 * Beside an application it sends that one's calls, as roots where the application passes no context on.
 */
function isGatewayRoot(view: SpanView): boolean {
  if (view.parentSpanIdStart !== -1 || startsWith(view, SPAN_SLOT.nodeId, SIDECAR)) return false;
  if (holds(view, SPAN_SLOT.component, PROXY_COMPONENT)) return true;
  const nameEnd = Math.min(view.nameEnd, view.nameStart + EGRESS_NAME.length);
  return view.nameStart !== -1 && equalBytes(view.bytes, view.nameStart, nameEnd, EGRESS_NAME);
}

function holds({ attributes, bytes }: SpanView, slot: number, expected: Uint8Array): boolean {
  if (attributes.kind[slot] !== VALUE_STRING) return false;
  return equalBytes(bytes, attributes.start[slot] ?? 0, attributes.end[slot] ?? 0, expected);
}

function startsWith({ attributes, bytes }: SpanView, slot: number, expected: Uint8Array): boolean {
  if (attributes.kind[slot] !== VALUE_STRING) return false;
  const start = attributes.start[slot] ?? 0;
  return equalBytes(bytes, start, Math.min(attributes.end[slot] ?? 0, start + expected.length), expected);
}

/** A framework's own span within the server's, where only the framework knows routes. */
function showsRoute({ attributes }: SpanView): boolean {
  return (
    attributes.has(SPAN_SLOT.httpRoute) &&
    (attributes.has(SPAN_SLOT.urlPath) || attributes.has(SPAN_SLOT.httpTarget)) &&
    (attributes.has(SPAN_SLOT.httpRequestMethod) || attributes.has(SPAN_SLOT.httpMethod))
  );
}

function hasAny({ attributes }: SpanView, slots: readonly number[]): boolean {
  for (let index = 0; index < slots.length; index++) if (attributes.has(slots[index] ?? 0)) return true;
  return false;
}
