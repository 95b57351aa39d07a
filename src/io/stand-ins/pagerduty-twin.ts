/**
 * A PagerDuty to be paged by without an account: the Events API v2 on a loopback port.
 *
 * It holds senders to the contract (`pagerduty-contract.ts`), keeps the incidents they open
 * (`pagerduty-incidents.ts`) and can be told to fail in the ways the real service and the network
 * between do. The demo shows its incidents; the tests ask it whether anybody was paged twice.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { BoundedList } from "./bounded-list.ts";
import { Condition } from "./condition.ts";
import { FaultPlan } from "./fault-plan.ts";
import type { Answer } from "./loopback-http.ts";
import { closeAtOnce, LOOPBACK_HOST, listenOnLoopback, portOf, readBody, send } from "./loopback-http.ts";
import { checkEvent, EVENT_MAX_BYTES } from "./pagerduty-contract.ts";
import type { AcceptedEvent, Incident } from "./pagerduty-incidents.ts";
import { Incidents } from "./pagerduty-incidents.ts";

export type PagerDutyFault =
  /** As 429 and 5xx come: the event is not taken. `retryAfter` is the header's text, seconds or a date. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string }
  | { readonly kind: "hang" }
  | { readonly kind: "reset" }
  /** The event is taken, but the sender does not learn so. */
  | { readonly kind: "status-after-accepting"; readonly status: number }
  | { readonly kind: "reset-after-accepting" }
  | { readonly kind: "garbled-answer" };

/** One call, whatever became of it. */
export type PagerDutyAttempt = {
  readonly receivedAt: number;
  readonly body: string;
  /** The status of the answer, or the fault that took its place. */
  readonly outcome: number | "hang" | "reset";
};

export type PagerDutyTwinOptions = {
  /** 0, the default, asks for a free port. */
  readonly port?: number;
  /** When given, every other routing key is refused. */
  readonly routingKeys?: readonly string[];
};

const ENQUEUE_PATH = "/v2/enqueue";
const KEPT_MAX_COUNT = 10_000;
const BODY_MAX_BYTES = 4 * 1024 * 1024;
const WAIT_TIMEOUT_MS = 10_000;
const JSON_HEADERS = { "content-type": "application/json" };

export class PagerDutyTwin {
  readonly #options: PagerDutyTwinOptions;
  readonly #faults = new FaultPlan<PagerDutyFault>();
  readonly #events = new BoundedList<AcceptedEvent>(KEPT_MAX_COUNT);
  readonly #attempts = new BoundedList<PagerDutyAttempt>(KEPT_MAX_COUNT);
  readonly #incidents = new Incidents();
  readonly #arrival = new Condition();
  #server: Server | undefined;

  constructor(options: PagerDutyTwinOptions = {}) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#server = await listenOnLoopback(this.#options.port ?? 0, (request, response) => {
      // Only a broken connection rejects, and then there is nobody left to answer.
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  /** The address to send events to, path included. */
  get url(): string {
    if (this.#server === undefined) throw new Error("the PagerDuty twin has not been started");
    return `http://${LOOPBACK_HOST}:${portOf(this.#server)}${ENQUEUE_PATH}`;
  }

  /** Accepted events in order of arrival, also those whose sender was not told. */
  get events(): readonly AcceptedEvent[] {
    return this.#events.items;
  }

  /** Every call in order of arrival. */
  get attempts(): readonly PagerDutyAttempt[] {
    return this.#attempts.items;
  }

  /** In the order in which they were opened. Each is one page. */
  get incidents(): readonly Incident[] {
    return this.#incidents.all;
  }

  /** The next `times` calls meet the fault, after those planned before. */
  failNext(fault: PagerDutyFault, times = 1): void {
    this.#faults.add(fault, times);
  }

  /** Forgets the faults still planned. Calls that hang go on hanging. */
  recover(): void {
    this.#faults.clear();
  }

  /** Asks again after every call. */
  async waitFor(predicate: (twin: PagerDutyTwin) => boolean, timeoutMs = WAIT_TIMEOUT_MS): Promise<void> {
    await this.#arrival.until(
      () => predicate(this),
      timeoutMs,
      () =>
        `PagerDuty saw ${this.attempts.length} calls, took ${this.events.length} events, opened ${this.incidents.length} incidents`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server !== undefined) await closeAtOnce(this.#server);
    this.#server = undefined;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const read = await readBody(request, BODY_MAX_BYTES);
    const body = read.kind === "ok" ? read.bytes : undefined;
    const answer = this.#answer(request, body, this.#faults.take());
    const outcome = typeof answer === "string" ? answer : answer.status;
    this.#attempts.add({ receivedAt: Date.now(), body: body?.toString("utf8") ?? "", outcome });
    if (answer === "reset") request.socket.resetAndDestroy();
    else if (answer !== "hang") send(response, answer);
    this.#arrival.changed();
  }

  #answer(
    request: IncomingMessage,
    body: Buffer | undefined,
    fault: PagerDutyFault | undefined,
  ): Answer | "hang" | "reset" {
    switch (fault?.kind) {
      case undefined:
        return this.#enqueue(request, body);
      case "hang":
      case "reset":
        return fault.kind;
      case "status":
        return statusAnswer(fault.status, fault.retryAfter);
      case "status-after-accepting":
        this.#enqueue(request, body);
        return statusAnswer(fault.status, undefined);
      case "reset-after-accepting":
        this.#enqueue(request, body);
        return "reset";
      case "garbled-answer":
        return { ...this.#enqueue(request, body), headers: { "content-type": "text/html" }, body: "<html>ok</html>" };
    }
  }

  #enqueue(request: IncomingMessage, body: Buffer | undefined): Answer {
    const refusal = refuseRequest(request, body);
    if (refusal !== undefined) return refusal;
    const check = checkEvent(body?.toString("utf8") ?? "");
    if (check.kind === "unrecognized") return unrecognized("JSON parse error");
    if (check.kind === "invalid") return invalid(check.errors);
    const { event } = check;
    const { routingKeys } = this.#options;
    if (routingKeys !== undefined && !routingKeys.includes(event.routingKey)) return invalid(["Invalid routing key"]);
    const accepted = { ...event, dedupKey: event.dedupKey ?? randomUUID().replaceAll("-", ""), receivedAt: Date.now() };
    this.#events.add(accepted);
    this.#incidents.apply(accepted);
    return jsonAnswer(202, { status: "success", message: "Event processed", dedup_key: accepted.dedupKey });
  }
}

function refuseRequest(request: IncomingMessage, body: Buffer | undefined): Answer | undefined {
  if (request.url?.split("?")[0] !== ENQUEUE_PATH) return statusAnswer(404, undefined);
  if (request.method !== "POST") return { ...statusAnswer(405, undefined), headers: { allow: "POST" } };
  if (body === undefined || body.length > EVENT_MAX_BYTES) {
    return invalid([`Event is too large (maximum is ${EVENT_MAX_BYTES} bytes)`]);
  }
  const mediaType = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  return mediaType === "application/json" ? undefined : unrecognized("Content-Type is not application/json");
}

function invalid(errors: readonly string[]): Answer {
  return jsonAnswer(400, { status: "invalid event", message: "Event object is invalid", errors });
}

function unrecognized(error: string): Answer {
  const message = "Event object format is unrecognized";
  return jsonAnswer(400, { status: "Unrecognized object", message, errors: [error] });
}

/** Without a body: what the service says beside these statuses is not documented. */
function statusAnswer(status: number, retryAfter: string | undefined): Answer {
  return { status, headers: retryAfter === undefined ? {} : { "retry-after": retryAfter }, body: "" };
}

function jsonAnswer(status: number, value: object): Answer {
  return { status, headers: JSON_HEADERS, body: JSON.stringify(value) };
}
