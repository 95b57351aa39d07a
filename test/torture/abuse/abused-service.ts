/**
 * A service that is being abused, and an honest sender beside the abusers: what it sends has to be
 * acknowledged all the while, at once, and counted exactly.
 */
import assert from "node:assert/strict";
import type { OtlpSink } from "../../../src/io/stand-ins/otlp-sink.ts";
import type { OtlpSender } from "../../bench/otlp-sender.ts";
import { openSender } from "../../bench/otlp-sender.ts";
import { exportersTo, startedSink } from "../../support/backends.ts";
import { Installation } from "../../support/installation.ts";
import type { RunningService } from "../../support/running-service.ts";
import { traceRequest } from "../../support/trace-request.ts";
import { forgetPeak, memoryOf } from "../process-memory.ts";

/** Generous: the machine that runs the tests may be busy with others. */
const AT_ONCE_MS = 3_000;
const SENDERS_MAX = 4;

export class AbusedService implements AsyncDisposable {
  readonly service: RunningService;
  readonly httpPort: number;
  readonly #installation: Installation;
  readonly #sink: OtlpSink;
  readonly #senders: readonly OtlpSender[];
  #honestSpanCount = 0;

  private constructor(parts: {
    readonly installation: Installation;
    readonly service: RunningService;
    readonly sink: OtlpSink;
    readonly senders: readonly OtlpSender[];
  }) {
    this.#installation = parts.installation;
    this.service = parts.service;
    this.#sink = parts.sink;
    this.#senders = parts.senders;
    this.httpPort = Number(new URL(parts.service.httpUrl).port);
  }

  static async start(): Promise<AbusedService> {
    const sink = await startedSink();
    const installation = new Installation({ exporters: exportersTo(sink) });
    const service = await installation.start();
    const senders = [
      await openSender("grpc", `http://127.0.0.1:${service.grpcPort}`, SENDERS_MAX),
      await openSender("http/protobuf", service.httpUrl, SENDERS_MAX),
    ];
    return new AbusedService({ installation, service, sink, senders });
  }

  get grpcPort(): number {
    return this.service.grpcPort;
  }

  /** Sends a request by each protocol and fails when it is not acknowledged at once. */
  async assertServes(): Promise<void> {
    for (const sender of this.#senders) {
      const startedAt = performance.now();
      const isTaken = await sender.send(traceRequest([{ route: "/login" }]));
      const tookMs = performance.now() - startedAt;
      assert.ok(isTaken, `an honest request was refused\n${this.service.output}`);
      assert.ok(tookMs < AT_ONCE_MS, `an honest request took ${Math.round(tookMs)} ms`);
      this.#honestSpanCount += 1;
    }
  }

  /** Returns the most memory that the process took meanwhile, in MiB. */
  async peakDuring(abuse: () => Promise<void>): Promise<number> {
    forgetPeak(this.service.pid);
    await abuse();
    return memoryOf(this.service.pid).peakMib;
  }

  /** How many requests were turned away so far, for a reason or for any. */
  async refusedCount(reason = ".*"): Promise<number> {
    const metrics = await (await fetch(`${this.service.apiUrl}/metrics`)).text();
    const line = new RegExp(`^authspike_receiver_refused_items_total\\{[^}]*reason="${reason}"[^}]*\\} (\\d+)$`, "gm");
    return [...metrics.matchAll(line)].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** Spans of honest senders were counted, and no others; the log tells of no fault of ours. */
  async assertBooksAreRight(): Promise<void> {
    const { accepted } = await this.service.accountOf("traces");
    assert.equal(accepted, this.#honestSpanCount);
    const faults = this.service.log.filter(({ level }) => level === "error" || level === "fatal");
    assert.deepEqual(faults, []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sender of this.#senders) await sender.close();
    await this.#installation[Symbol.asyncDispose]();
    await this.#sink[Symbol.asyncDispose]();
  }
}
