/**
 * Who is measured when spans are forwarded: authspike, and an OpenTelemetry Collector if `OTELCOL_BIN` names
 * one, both with their queue in the same place, or else the object relay. All of them receive over both
 * protocols, add attributes to spans, and send on what they got.
 */
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { OtlpSink } from "../../src/io/stand-ins/otlp-sink.ts";
import { MeasuredProcess } from "./measured-process.ts";
import type { Packing, Protocol } from "./otlp-sender.ts";
import type { Receivers } from "./service-process.ts";
import { ServiceProcess } from "./service-process.ts";
import { shippedRuleFiles } from "./shipped-rules.ts";

export type Queue = "disk" | "memory";

export type Forwarder = {
  readonly name: string;
  start(sink: OtlpSink, way: Way): Promise<RunningForwarder>;
};

/** How it sends on; it receives in the same way. */
export type Way = { readonly protocol: Protocol; readonly packing: Packing };

export type RunningForwarder = AsyncDisposable & { readonly process: MeasuredProcess; readonly receivers: Receivers };

const OBJECT_RELAY = "protobufjs relay";
const COLLECTOR = "OpenTelemetry Collector";
const COLLECTOR_CONFIG = fileURLToPath(new URL("./otelcol.yaml", import.meta.url));

export type Compared = { readonly subjects: readonly Forwarder[]; readonly baseline: string };

/** authspike, and whom it is compared with: the Collector with the same queue, or else the relay, which cannot unpack. */
export function forwardersWith({ packing, queue }: Pick<Way, "packing"> & { readonly queue: Queue }): Compared {
  const command = process.env["OTELCOL_BIN"];
  const relays = packing === "none" ? [{ name: OBJECT_RELAY, start: startRelay }] : [];
  const others = command === undefined ? relays : [otelcol(command, queue)];
  return { subjects: [authspike(queue), ...others], baseline: others[0]?.name ?? "" };
}

function authspike(queue: Queue): Forwarder {
  return {
    name: "authspike",
    start: (sink, { packing, protocol }) =>
      ServiceProcess.start({
        settings: {
          exporters: { sink: { protocol, endpoint: addressOf(sink, protocol), compression: packing } },
          queue: { durable: queue === "disk" },
          log: { level: "warn" },
        },
        rules: shippedRuleFiles(),
      }),
  };
}

async function startRelay(sink: OtlpSink, { protocol }: Way): Promise<RunningForwarder> {
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
    name: COLLECTOR,
    async start(sink, { packing, protocol }) {
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
          BENCH_COMPRESSION: packing,
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
