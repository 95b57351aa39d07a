/**
 * A backend for each protocol that can be absent, present and faulty, and counts every span it took
 * by its number, however often it was started.
 */

import { OtlpSink } from "../../../src/io/stand-ins/otlp-sink.ts";
import type { SinkFault } from "../../../src/io/stand-ins/otlp-sink-exchange.ts";
import { EXPORTER_NAMES, exportersTo } from "../../support/backends.ts";
import type { ExporterFacts } from "../../support/installation.ts";
import { SpanCounts } from "./numbered-spans.ts";

type ExporterName = (typeof EXPORTER_NAMES)[number];

export class CountingBackends implements AsyncDisposable {
  readonly arrived: Readonly<Record<ExporterName, SpanCounts>> = {
    "by-grpc": new SpanCounts(),
    "by-http": new SpanCounts(),
  };
  readonly exporters: Readonly<Record<ExporterName, ExporterFacts>>;
  readonly #ports: Readonly<Record<ExporterName, { readonly grpcPort: number; readonly httpPort: number }>>;
  #sinks: OtlpSink[] = [];

  private constructor(
    exporters: CountingBackends["exporters"],
    ports: Readonly<Record<ExporterName, { readonly grpcPort: number; readonly httpPort: number }>>,
  ) {
    this.exporters = exporters;
    this.#ports = ports;
  }

  /** Nothing listens yet; the addresses stay the same. */
  static async absent(facts: Pick<ExporterFacts, "timeout">): Promise<CountingBackends> {
    await using forGrpc = new OtlpSink();
    await using forHttp = new OtlpSink();
    await Promise.all([forGrpc.start(), forHttp.start()]);
    const exporters = {
      "by-grpc": exportersTo(forGrpc, facts)["by-grpc"],
      "by-http": exportersTo(forHttp, facts)["by-http"],
    };
    return new CountingBackends(exporters, { "by-grpc": portsOf(forGrpc), "by-http": portsOf(forHttp) });
  }

  async start(faults: readonly (readonly [fault: SinkFault, times: number])[] = []): Promise<void> {
    for (const name of EXPORTER_NAMES) {
      const sink = new OtlpSink(this.#ports[name]);
      sink.onSpan(({ spanId }) => this.arrived[name].addSpanId(spanId));
      for (const [fault, times] of faults) sink.failNext(fault, times);
      await sink.start();
      this.#sinks.push(sink);
    }
  }

  /** Breaks off what is under way. */
  async stop(): Promise<void> {
    for (const sink of this.#sinks) await sink[Symbol.asyncDispose]();
    this.#sinks = [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function portsOf(sink: OtlpSink): { readonly grpcPort: number; readonly httpPort: number } {
  return { grpcPort: Number(new URL(sink.grpcUrl).port), httpPort: Number(new URL(sink.httpUrl).port) };
}
