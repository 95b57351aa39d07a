/**
 * Who is measured when spans are forwarded: authspike with its queue on disk and in memory, the object
 * relay, and an OpenTelemetry Collector if `OTELCOL_BIN` names one. All of them receive over both
 * protocols, add attributes to spans, and send on what they got without compression.
 */
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { OtlpSink } from "../../src/io/stand-ins/otlp-sink.ts";
import { MeasuredProcess } from "./measured-process.ts";
import type { Protocol } from "./otlp-sender.ts";
import type { Receivers } from "./service-process.ts";
import { ServiceProcess } from "./service-process.ts";
import { shippedRuleFiles } from "./shipped-rules.ts";

export type Queue = "disk" | "memory";

export type Forwarder = {
  readonly name: string;
  /** null = it keeps nothing: what it acknowledges has been sent on. */
  readonly queue: Queue | null;
  start(sink: OtlpSink, protocol: Protocol): Promise<RunningForwarder>;
};

export type RunningForwarder = AsyncDisposable & { readonly process: MeasuredProcess; readonly receivers: Receivers };

const OBJECT_RELAY = "protobufjs relay";
const COLLECTOR = "OpenTelemetry Collector";
const COLLECTOR_CONFIG = fileURLToPath(new URL("./otelcol.yaml", import.meta.url));

/** Whom those with the same queue are compared with: the Collector with that queue, if there is one. */
export function baselineOf(subjects: readonly Forwarder[]): string {
  return subjects.find(({ name }) => name.startsWith(COLLECTOR))?.name ?? OBJECT_RELAY;
}

export function forwarders(): readonly Forwarder[] {
  const collector = process.env["OTELCOL_BIN"];
  return [
    authspike("disk"),
    authspike("memory"),
    { name: OBJECT_RELAY, queue: null, start: startRelay },
    ...(collector === undefined ? [] : [otelcol(collector, "disk"), otelcol(collector, "memory")]),
  ];
}

function authspike(queue: Queue): Forwarder {
  return {
    name: `authspike, ${inWords(queue)}`,
    queue,
    start: (sink, protocol) =>
      ServiceProcess.start({
        settings: {
          exporters: { sink: { protocol, endpoint: addressOf(sink, protocol), compression: "none" } },
          queue: { durable: queue === "disk" },
          log: { level: "warn" },
        },
        rules: shippedRuleFiles(),
      }),
  };
}

async function startRelay(sink: OtlpSink, protocol: Protocol): Promise<RunningForwarder> {
  const program = fileURLToPath(new URL("./relay-process.ts", import.meta.url));
  const relay = await MeasuredProcess.start({
    command: process.execPath,
    args: [program, protocol, addressOf(sink, protocol)],
    directory: tmpdir(),
    readyWhen: /OTLP grpc (\S+), http (\S+)\n/,
  });
  const [, grpc, http] = relay.announcement;
  return {
    process: relay,
    receivers: { grpcUrl: `http://${grpc}`, httpUrl: `http://${http}` },
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}

/** `otelcol.yaml` says what it does; what differs from run to run reaches it as variables. */
function otelcol(command: string, queue: Queue): Forwarder {
  return {
    name: `${COLLECTOR}, ${inWords(queue)}`,
    queue,
    async start(sink, protocol) {
      const directory = mkdtempSync(join(tmpdir(), "authspike-bench-"));
      const [grpc, http] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
      const collector = await MeasuredProcess.start({
        command,
        args: ["--config", COLLECTOR_CONFIG],
        directory,
        environment: {
          BENCH_QUEUE_DIRECTORY: join(directory, "queue"),
          BENCH_QUEUE_STORAGE: queue === "disk" ? "file_storage" : "",
          BENCH_GRPC_ADDRESS: grpc,
          BENCH_HTTP_ADDRESS: http,
          BENCH_EXPORTER: protocol === "grpc" ? "otlp_grpc" : "otlp_http",
          BENCH_SINK_ENDPOINT: addressOf(sink, protocol),
          BENCH_COMPRESSION: "none",
        },
        readyWhen: /Everything is ready/,
      });
      return {
        process: collector,
        receivers: { grpcUrl: `http://${grpc}`, httpUrl: `http://${http}` },
        async [Symbol.asyncDispose]() {
          await collector[Symbol.asyncDispose]();
          rmSync(directory, { recursive: true, force: true });
        },
      };
    },
  };
}

function inWords(queue: Queue): string {
  return queue === "disk" ? "queue on disk" : "queue in memory";
}

function addressOf(sink: OtlpSink, protocol: Protocol): string {
  return protocol === "grpc" ? sink.grpcUrl : sink.httpUrl;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
