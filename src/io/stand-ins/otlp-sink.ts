/**
 * A small OTLP backend on loopback ports, gRPC and HTTP, for whoever needs to see what was sent.
 *
 * It counts everything, keeps the newest of what it received and can be told to fail as backends do.
 * The demo shows what authspike forwards to it; the tests ask it whether anything was lost or changed.
 */
import type { Server } from "node:http";
import { decodeMessage } from "../../core/otlp/json-from-protobuf.ts";
import { EXPORT_REQUESTS } from "../../core/otlp/message-tables.ts";
import { checkStructure } from "../../core/otlp/structure-check.ts";
import type { Signal } from "../../core/otlp/verdict.ts";
import { BoundedList } from "./bounded-list.ts";
import { Condition } from "./condition.ts";
import { FaultPlan } from "./fault-plan.ts";
import { closeAtOnce, LOOPBACK_HOST, listenOnLoopback, portOf } from "./loopback-http.ts";
import type { SinkFault, SinkRequest } from "./otlp-sink-exchange.ts";
import { isTaken } from "./otlp-sink-exchange.ts";
import { OtlpSinkGrpc } from "./otlp-sink-grpc.ts";
import { otlpHttpListener } from "./otlp-sink-http.ts";
import type { ReceivedLogRecord, ReceivedSpan } from "./received-telemetry.ts";
import { receivedLogRecords, receivedSpans } from "./received-telemetry.ts";

export type OtlpSinkOptions = {
  /** 0, the default, asks for a free port. */
  readonly grpcPort?: number;
  readonly httpPort?: number;
  /** `counts` decodes and keeps nothing, for measurements that the sink must not slow down. */
  readonly keep?: "items" | "counts";
};

/** What was taken. Items are spans, data points or log records. */
export type Received = { readonly requestCount: number; readonly itemCount: number; readonly byteCount: number };

const ITEM_MAX_COUNT = 20_000;
const REQUEST_MAX_COUNT = 200;
const WAIT_TIMEOUT_MS = 10_000;
const NOTHING: Received = { requestCount: 0, itemCount: 0, byteCount: 0 };

export class OtlpSink {
  readonly #options: OtlpSinkOptions;
  readonly #faults = new FaultPlan<SinkFault>();
  readonly #arrival = new Condition();
  readonly #grpc = new OtlpSinkGrpc();
  #http: Server | undefined;
  readonly #received: Record<Signal, Received> = { traces: NOTHING, metrics: NOTHING, logs: NOTHING };
  #attemptCount = 0;
  readonly #spans = new BoundedList<ReceivedSpan>(ITEM_MAX_COUNT);
  readonly #logRecords = new BoundedList<ReceivedLogRecord>(ITEM_MAX_COUNT);
  readonly #requests = new BoundedList<SinkRequest>(REQUEST_MAX_COUNT);
  readonly #spanListeners = new Set<(span: ReceivedSpan) => void>();
  readonly #logRecordListeners = new Set<(record: ReceivedLogRecord) => void>();

  constructor(options: OtlpSinkOptions = {}) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const receive = (request: SinkRequest) => this.#receive(request);
    await this.#grpc.start(this.#options.grpcPort ?? 0, receive);
    this.#http = await listenOnLoopback(this.#options.httpPort ?? 0, otlpHttpListener(receive));
  }

  get grpcUrl(): string {
    return `http://${LOOPBACK_HOST}:${this.#grpc.port}`;
  }

  /** Without a path: exporters append /v1/traces and the like. */
  get httpUrl(): string {
    if (this.#http === undefined) throw new Error("the OTLP sink has not been started");
    return `http://${LOOPBACK_HOST}:${portOf(this.#http)}`;
  }

  get received(): Readonly<Record<Signal, Received>> {
    return this.#received;
  }

  /** Export requests that arrived well formed, taken or not. */
  get attemptCount(): number {
    return this.#attemptCount;
  }

  /** The newest spans of requests taken, in order of arrival; a partial success does not say which it left out. */
  get spans(): readonly ReceivedSpan[] {
    return this.#spans.items;
  }

  get logRecords(): readonly ReceivedLogRecord[] {
    return this.#logRecords.items;
  }

  /** The newest requests taken, with their bytes. */
  get requests(): readonly SinkRequest[] {
    return this.#requests.items;
  }

  /** Returns what ends the subscription. */
  onSpan(listener: (span: ReceivedSpan) => void): () => void {
    this.#spanListeners.add(listener);
    return () => this.#spanListeners.delete(listener);
  }

  /** Returns what ends the subscription. */
  onLogRecord(listener: (record: ReceivedLogRecord) => void): () => void {
    this.#logRecordListeners.add(listener);
    return () => this.#logRecordListeners.delete(listener);
  }

  /** The next `times` requests meet the fault, after those planned before, over either protocol. */
  failNext(fault: SinkFault, times = 1): void {
    this.#faults.add(fault, times);
  }

  /** Forgets the faults still planned. Requests that hang go on hanging. */
  recover(): void {
    this.#faults.clear();
  }

  /** Asks again after every request. */
  async waitFor(predicate: (sink: OtlpSink) => boolean, timeoutMs = WAIT_TIMEOUT_MS): Promise<void> {
    await this.#arrival.until(
      () => predicate(this),
      timeoutMs,
      () => `the OTLP sink saw ${this.#attemptCount} requests and took ${JSON.stringify(this.#received)}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#grpc.close();
    if (this.#http !== undefined) await closeAtOnce(this.#http);
    this.#http = undefined;
  }

  #receive(request: SinkRequest): SinkFault | undefined {
    const structure = checkStructure(request.signal, request.bytes);
    if (structure.kind === "malformed") return { kind: "refused", message: structure.message };
    this.#attemptCount++;
    const fault = this.#faults.take();
    const rejectedCount = fault?.kind === "partial" ? fault.rejected : 0;
    if (isTaken(fault)) this.#take(request, structure.itemCount - rejectedCount);
    this.#arrival.changed();
    return fault;
  }

  #take(request: SinkRequest, itemCount: number): void {
    const before = this.#received[request.signal];
    this.#received[request.signal] = {
      requestCount: before.requestCount + 1,
      itemCount: before.itemCount + itemCount,
      byteCount: before.byteCount + request.bytes.length,
    };
    if (this.#options.keep !== "counts") this.#keep(request);
  }

  #keep(request: SinkRequest): void {
    this.#requests.add(request);
    const decoded = decodeMessage(EXPORT_REQUESTS[request.signal], request.bytes);
    if (decoded.kind === "malformed") return;
    for (const span of receivedSpans(decoded.value)) {
      this.#spans.add(span);
      for (const listener of this.#spanListeners) listener(span);
    }
    for (const record of receivedLogRecords(decoded.value)) {
      this.#logRecords.add(record);
      for (const listener of this.#logRecordListeners) listener(record);
    }
  }
}
