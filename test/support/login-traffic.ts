/**
 * Requests to POST /login as a service's exporter reports them: a steady trickle in which one in
 * fifty fails, a burst of failures, calm again. Remembers which spans were acknowledged.
 */
import { setTimeout as delay } from "node:timers/promises";
import { decodeMessage } from "../../src/core/otlp/json-from-protobuf.ts";
import { EXPORT_REQUESTS } from "../../src/core/otlp/message-tables.ts";
import { receivedSpans } from "../../src/io/stand-ins/received-telemetry.ts";
import type { SpanFacts } from "./trace-request.ts";
import { traceRequest } from "./trace-request.ts";

/** Where requests go. Resolves when they are acknowledged. */
export interface TraceTarget {
  send(bytes: Uint8Array): Promise<void>;
}

const BATCH_EVERY_MS = 50;
const BATCH_COUNT = 10;
const FAILS_ONE_IN = 50;
/** Enough that no single one stands out, and a prime, so that it is not always the same who fail. */
const CLIENT_COUNT = 199;
const CALM_COUNT = 2_000;

/** Alarms of different environments are never one incident. */
type TrafficSource = { readonly service?: string; readonly environment?: string };

export class LoginTraffic {
  /** May be exchanged, as after a restart. */
  target: TraceTarget;
  readonly #resource: Readonly<Record<string, string>>;
  readonly #acknowledged: string[] = [];
  #loginCount = 0;

  constructor(target: TraceTarget, { service = "auth", environment = "" }: TrafficSource = {}) {
    this.target = target;
    this.#resource = { "service.name": service, "deployment.environment.name": environment };
  }

  /** Ids of spans that the target took on, in that order. */
  get acknowledgedSpanIds(): readonly string[] {
    return this.#acknowledged;
  }

  /** What is usual: about 200 requests a second. */
  async trickle(durationMs: number): Promise<void> {
    for (let sentMs = 0; sentMs < durationMs; sentMs += BATCH_EVERY_MS) {
      await this.#send(Array.from({ length: BATCH_COUNT }, () => this.#usualRequest()));
      await delay(BATCH_EVERY_MS);
    }
  }

  /** Failures alone, from as many clients. */
  async burst(count: number): Promise<void> {
    await this.#send(Array.from({ length: count }, () => this.#login(401)));
  }

  /** So many successes that the rate is the usual one again. */
  async calm(): Promise<void> {
    for (let sent = 0; sent < CALM_COUNT; sent += 100)
      await this.#send(Array.from({ length: 100 }, () => this.#login(200)));
  }

  #usualRequest(): SpanFacts {
    return this.#login((this.#loginCount + 1) % FAILS_ONE_IN === 0 ? 401 : 200);
  }

  #login(status: number): SpanFacts {
    this.#loginCount += 1;
    const client = `203.0.113.${this.#loginCount % CLIENT_COUNT}`;
    return { method: "POST", route: "/login", status, client, endMs: Date.now() };
  }

  async #send(requests: readonly SpanFacts[]): Promise<void> {
    const bytes = traceRequest(requests, this.#resource);
    await this.target.send(bytes);
    const decoded = decodeMessage(EXPORT_REQUESTS.traces, bytes);
    if (decoded.kind === "ok") this.#acknowledged.push(...receivedSpans(decoded.value).map(({ spanId }) => spanId));
  }
}
