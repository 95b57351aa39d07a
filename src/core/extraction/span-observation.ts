/**
 * A span as one request: one object, moved from span to span.
 *
 * Good until the extractor's next span. What few readers ask for (ids, attributes, the client) is read
 * from the bytes when they do, because most requests are counted and forgotten.
 */
import type { AttributeSlots, SpanView } from "../otlp/span-view.ts";
import type { UnixMillis } from "../time.ts";
import { RESOURCE_KEY_ALIASES, SPAN_KEY_ALIASES, SPAN_SLOT } from "./attribute-keys.ts";
import type { FailureCause } from "./causes/cause.ts";
import type { OpenAnswer } from "./causes/open-answer.ts";
import type { Refusal } from "./causes/refusal.ts";
import { UNKNOWN_CLIENT } from "./client-fingerprint.ts";
import type { ClientReader } from "./client-reader.ts";
import type { Endpoint } from "./endpoint.ts";
import { hexOf } from "./hex-text.ts";
import type { Observation, Outcome } from "./observation.ts";
import type { RequestResult } from "./outcome.ts";
import { NO_GRPC_STATUS, NO_HTTP_STATUS, outcomeOf } from "./outcome.ts";
import type { ServiceScope } from "./service-table.ts";
import { UNKNOWN_SESSION, UNKNOWN_USER } from "./user-fingerprint.ts";

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
const KIND_CLIENT = 3;

/** Bits of `flags`: that the sender knows where the parent is, and that it is elsewhere. */
const PARENT_IS_LOCAL = 0x100;
const PARENT_IS_REMOTE = 0x300;

const NO_REFUSALS: readonly Refusal[] = [];

/** Where a request belongs. */
export type RequestPlace = { readonly scope: ServiceScope; readonly endpoint: Endpoint };

type SlotsByKey = ReadonlyMap<string, readonly number[]>;

export class SpanObservation implements Observation {
  /** The view that ids, attributes and client are read from. */
  readonly view: SpanView;
  /** The service that the endpoint belongs to. */
  scope: ServiceScope;
  endpoint: Endpoint;
  outcome: Outcome = "ok";
  cause: FailureCause | null = null;
  refusals: readonly Refusal[] = NO_REFUSALS;
  httpStatus = NO_HTTP_STATUS;
  grpcStatus = NO_GRPC_STATUS;
  weight = 1;
  endedAt: UnixMillis = 0;
  /** The endpoint follows from more than the request's own path. */
  hasRoute = false;
  /** Not null where spans behind this one in its batch may change the outcome. */
  openAnswer: OpenAnswer | null = null;
  /** False for a span that another one stands for. */
  isCounted = true;
  readonly #clients: ClientReader;
  readonly #spanSlots: SlotsByKey;
  readonly #resourceSlots: SlotsByKey;
  #client = UNKNOWN_CLIENT;
  #isClientRead = false;
  #user = UNKNOWN_USER;
  #isUserRead = false;

  constructor(view: SpanView, clients: ClientReader, { scope, endpoint }: RequestPlace) {
    this.view = view;
    this.scope = scope;
    this.endpoint = endpoint;
    this.#clients = clients;
    this.#spanSlots = slotsByKey(view.attributes.keys, SPAN_KEY_ALIASES);
    this.#resourceSlots = slotsByKey(view.resource.keys, RESOURCE_KEY_ALIASES);
  }

  /** Moves the observation to the request that the view stands on now. */
  moveTo(endpoint: Endpoint, result: RequestResult, weight: number): void {
    this.endpoint = endpoint;
    this.isCounted = true;
    this.outcome = outcomeOf(result);
    this.cause = null;
    this.refusals = NO_REFUSALS;
    this.openAnswer = null;
    this.httpStatus = result.httpStatus;
    this.grpcStatus = result.grpcStatus;
    this.weight = weight;
    this.endedAt = this.view.endTimeUnixMillis;
    this.#isClientRead = false;
    this.#isUserRead = false;
  }

  /** The same for a call: whoever sent it is the service itself. */
  moveToCall(endpoint: Endpoint, result: RequestResult, weight: number): void {
    this.moveTo(endpoint, result, weight);
    this.#client = UNKNOWN_CLIENT;
    this.#isClientRead = true;
    this.#user = UNKNOWN_USER;
    this.#isUserRead = true;
  }

  get client(): number {
    if (!this.#isClientRead) {
      const isOk = this.outcome === "ok";
      this.#client = isOk ? this.#clients.read(this.view) : this.#clients.readFailed(this.view);
      this.#isClientRead = true;
    }
    return this.#client;
  }

  get user(): number {
    if (!this.#isUserRead) {
      this.#user = this.#clients.readUser(this.view);
      this.#isUserRead = true;
    }
    return this.#user;
  }

  /** Few ask for it, and each but once. Calls are made by the service, whoever it makes them for. */
  get session(): number {
    return this.view.kind === KIND_CLIENT ? UNKNOWN_SESSION : this.#clients.readSession(this.view);
  }

  /** Another authspike has marked this span already. */
  get isMarked(): boolean {
    return this.view.attributes.has(SPAN_SLOT.authspikeEndpoint);
  }

  /** There is no parent, or the span says that it is in another process. */
  get isEntry(): boolean {
    const { flags, parentSpanIdStart } = this.view;
    return parentSpanIdStart === -1 || (flags & PARENT_IS_REMOTE) === PARENT_IS_REMOTE;
  }

  /** The span says that its parent is in the same process. */
  get isLocalChild(): boolean {
    const { flags, parentSpanIdStart } = this.view;
    return parentSpanIdStart !== -1 && (flags & PARENT_IS_REMOTE) === PARENT_IS_LOCAL;
  }

  traceId(): string {
    return hexOf(this.view.bytes, this.view.traceIdStart, TRACE_ID_BYTES);
  }

  spanId(): string {
    return hexOf(this.view.bytes, this.view.spanIdStart, SPAN_ID_BYTES);
  }

  /** "" for a root. */
  parentSpanId(): string {
    return hexOf(this.view.bytes, this.view.parentSpanIdStart, SPAN_ID_BYTES);
  }

  /** A key of today's conventions is answered from its predecessors as well. */
  attribute(key: string): string | undefined {
    const { attributes, resource, bytes } = this.view;
    return (
      firstText(attributes, bytes, this.#spanSlots.get(key)) ?? firstText(resource, bytes, this.#resourceSlots.get(key))
    );
  }
}

function slotsByKey(keys: readonly string[], aliases: ReadonlyArray<readonly number[]>): SlotsByKey {
  const slots = new Map<string, readonly number[]>(keys.map((key, slot) => [key, [slot]]));
  for (const group of aliases) {
    const key = keys[group[0] ?? 0];
    if (key !== undefined) slots.set(key, group);
  }
  return slots;
}

function firstText(
  attributes: AttributeSlots,
  bytes: Uint8Array,
  slots: readonly number[] | undefined,
): string | undefined {
  for (const slot of slots ?? []) {
    const text = attributes.text(bytes, slot);
    if (text !== undefined) return text;
  }
  return undefined;
}
