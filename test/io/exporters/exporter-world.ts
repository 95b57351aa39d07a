/** A queue, an exporter and an OTLP backend on real sockets, with retries in virtual time. */
import assert from "node:assert/strict";
import { Writable } from "node:stream";
import type { ExporterConfig } from "../../../src/config/config.ts";
import type { Signal } from "../../../src/core/otlp/verdict.ts";
import { SIGNALS } from "../../../src/core/otlp/verdict.ts";
import { OtlpExporter } from "../../../src/io/exporters/otlp-exporter.ts";
import { createLogger } from "../../../src/io/platform/logger.ts";
import type { ForwardQueue } from "../../../src/io/queue/forward-queue.ts";
import type { QueueSettings } from "../../../src/io/queue/queue-settings.ts";
import { OtlpSink } from "../../../src/io/stand-ins/otlp-sink.ts";
import { settled } from "../../support/virtual-scheduler.ts";
import { QueueWorld } from "../queue/queue-world.ts";

export const PROTOCOLS = ["grpc", "http/protobuf", "http/json"] as const;
type Protocol = (typeof PROTOCOLS)[number];

export function exporterConfig(facts: Partial<ExporterConfig> = {}): ExporterConfig {
  return {
    name: "backend",
    protocol: "grpc",
    endpoint: "http://127.0.0.1:1",
    signalEndpoints: { traces: null, metrics: null, logs: null },
    compression: "none",
    headers: {},
    timeoutMs: 5000,
    concurrency: 4,
    tls: { insecure: false, caFile: null, certFile: null, keyFile: null },
    alertEvents: "logs",
    ...facts,
  };
}

export type LogLine = { readonly level: string; readonly msg: string } & Readonly<Record<string, unknown>>;

export class ExporterWorld implements AsyncDisposable {
  readonly sink = new OtlpSink();
  readonly queues: QueueWorld;
  readonly queue: ForwardQueue;
  readonly logLines: LogLine[] = [];
  #exporter: OtlpExporter | null = null;

  private constructor(queues: QueueWorld, queue: ForwardQueue) {
    this.queues = queues;
    this.queue = queue;
  }

  static async create(
    protocol: Protocol,
    facts: Partial<ExporterConfig> = {},
    queueSettings: Partial<QueueSettings> = {},
  ): Promise<ExporterWorld> {
    const queues = await QueueWorld.create();
    const world = new ExporterWorld(queues, await queues.open(queueSettings));
    await world.sink.start();
    await world.startExporter(protocol, facts);
    return world;
  }

  get exporter(): OtlpExporter {
    assert.ok(this.#exporter);
    return this.#exporter;
  }

  async startExporter(protocol: Protocol, facts: Partial<ExporterConfig>): Promise<void> {
    const endpoint = protocol === "grpc" ? this.sink.grpcUrl : this.sink.httpUrl;
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        this.logLines.push(JSON.parse(String(chunk)) as LogLine);
        done();
      },
    });
    this.#exporter = await OtlpExporter.create(exporterConfig({ protocol, endpoint, ...facts }), {
      sources: SIGNALS.map((signal) => this.queue.reader("backend", signal)),
      log: createLogger({ level: "debug", format: "json" }, stream),
      now: () => this.queues.time.now().steady,
      wallNow: () => this.queues.time.now().wall,
      random: () => 0.5,
      schedule: this.queues.time.schedule,
      version: "1.2.3",
    });
    this.#exporter.start();
  }

  async append(signal: Signal, bytes: Uint8Array, itemCount: number): Promise<void> {
    await this.queue.append({ signal, bytes, itemCount });
  }

  /** Lets real input and output happen, and virtual time pass in steps, until it is so. */
  async until(isSo: () => boolean, stepMs = 50): Promise<void> {
    const giveUpAt = performance.now() + 20_000;
    while (!isSo()) {
      assert.ok(performance.now() < giveUpAt, `it never came about; the log says ${JSON.stringify(this.logLines)}`);
      for (let turn = 0; turn < 20 && !isSo(); turn++) await settled();
      if (!isSo()) await this.queues.time.advance(stepMs);
    }
  }

  queued(signal: Signal): number {
    return this.queue.queued("backend", signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopping = this.#exporter?.stop(0);
    await this.queues.time.advance(0);
    await stopping;
    await this.queues[Symbol.asyncDispose]();
    await this.sink[Symbol.asyncDispose]();
  }
}
