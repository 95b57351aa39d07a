/**
 * Wires the way in: both receivers, in this thread or in threads of their own, and one door behind them.
 *
 * Wherever they are, there is one engine, and it is in this thread: what is counted and judged does not
 * depend on how many cores take part.
 */
import { availableParallelism } from "node:os";
import type { Config, ReceiverConfig } from "../config/config.ts";
import type { Instant } from "../core/time.ts";
import { schedule } from "../io/platform/timers.ts";
import type { ExportDoor } from "../io/receivers/export-door.ts";
import { OtlpGrpcReceiver } from "../io/receivers/otlp-grpc.ts";
import { OtlpHttpReceiver } from "../io/receivers/otlp-http.ts";
import type { BoundAddress, ReceiverSettings } from "../io/receivers/receiver-settings.ts";
import { ReceiverThreads } from "../io/receivers/threads/receiver-threads.ts";
import type { ReceiversSettings } from "../io/receivers/threads/thread-messages.ts";
import type { ServiceEvents } from "./events.ts";
import type { ForwardQueue, TelemetryIngest } from "./intake.ts";
import { createIntake } from "./intake.ts";
import type { MetricRegistry } from "./metrics.ts";
import type { PipelineCounters } from "./pipeline-counters.ts";
import { receiverThreadCount } from "./receiver-thread-count.ts";
import type { Redact } from "./redaction.ts";

export type ReceivingParts = {
  readonly engine: TelemetryIngest;
  /** Evidence is complete. */
  readonly onUrgent: () => void;
  readonly queue: ForwardQueue | null;
  readonly redact: Redact | null;
  readonly counters: PipelineCounters;
  readonly registry: MetricRegistry;
  readonly events: ServiceEvents;
  readonly clock: { now(): Instant };
  /** Takes what is started, so that it is stopped in reverse. */
  readonly stack: AsyncDisposableStack;
};

export type Receiving = {
  readonly addresses: { readonly grpc: BoundAddress; readonly http: BoundAddress };
  /** 0: this thread receives. */
  readonly threadCount: number;
  /** False while all receiver threads are dead. */
  isReceiving(): boolean;
};

export async function startReceiving(config: Config["receivers"], parts: ReceivingParts): Promise<Receiving> {
  const door = createDoor(parts);
  const threadCount = receiverThreadCount(config.threads, {
    coreCount: availableParallelism(),
    platform: process.platform,
  });
  const settings = receiversSettings(config, threadCount > 1 ? "shared" : "alone");
  const receiving =
    threadCount === 0
      ? await receiveHere(settings, door, parts)
      : await receiveInThreads(settings, door, { ...parts, threadCount });
  const facts = { name: "authspike_receiver_threads", help: "Threads that take requests, besides the main one" };
  parts.registry.gauge({ ...facts, unit: "{thread}" }, () => [{ labels: {}, value: receiving.listeningCount() }]);
  return { ...receiving, threadCount, isReceiving: () => threadCount === 0 || receiving.listeningCount() > 0 };
}

/** What the largest JSON takes while it is read, and room to spare. */
const THREAD_HEAP_MAX_MB = 2048;

type Started = Pick<Receiving, "addresses"> & { listeningCount(): number };

function createDoor({ clock, counters, engine, events, onUrgent, queue, redact }: ReceivingParts): ExportDoor {
  return {
    accept: createIntake({
      engine,
      queue,
      redact,
      counters,
      now: () => clock.now(),
      onUrgent,
      onAnalysisFailure: (error) => events.analysisFailed(error),
      onRedactionFailure: (error) => events.redactionFailed(error),
    }),
    onRefused: (signal, reason) => counters.refused(signal ?? "unknown", reason).add(1),
    onFailure: (error) => events.analysisFailed(error),
    onTlsChange: (change) => events.tlsChanged(change),
  };
}

async function receiveHere(
  { grpc, http }: ReceiversSettings,
  door: ExportDoor,
  { stack }: ReceivingParts,
): Promise<Started> {
  // Closed side by side: senders that are slow to finish hold up a stop for as long as one of them may.
  const started = stack.adopt<AsyncDisposable[]>([], async (receivers) => {
    await Promise.all(receivers.map((receiver) => receiver[Symbol.asyncDispose]()));
  });
  const overHttp = await OtlpHttpReceiver.start(http, door);
  started.push(overHttp);
  const overGrpc = await OtlpGrpcReceiver.start(grpc, door);
  started.push(overGrpc);
  return { addresses: { grpc: overGrpc.address, http: overHttp.address }, listeningCount: () => 0 };
}

async function receiveInThreads(
  settings: ReceiversSettings,
  { accept, onFailure, onTlsChange }: ExportDoor,
  { counters, events, stack, threadCount }: ReceivingParts & { readonly threadCount: number },
): Promise<Started> {
  const threads = await ReceiverThreads.start(settings, {
    threadCount,
    heapMaxMb: THREAD_HEAP_MAX_MB,
    door: { accept, onFailure, onTlsChange },
    schedule,
    onDeath: (error) => events.receiverThreadDied(error),
    onReplaced: () => events.receiverThreadReplaced(),
  });
  stack.use(threads);
  counters.countRefusedFrom(() => threads.takeRefusals());
  return { addresses: threads.addresses, listeningCount: () => threads.listeningCount };
}

function receiversSettings(
  { grpc, http }: Config["receivers"],
  portUse: ReceiverSettings["portUse"],
): ReceiversSettings {
  return {
    grpc: { ...receiverSettings(grpc, "receivers.grpc.endpoint"), portUse },
    http: { ...receiverSettings(http, "receivers.http.endpoint"), portUse, cors: http.cors },
  };
}

function receiverSettings(receiver: ReceiverConfig, settingName: string): Omit<ReceiverSettings, "portUse"> {
  const { bearerTokens, host, maxRequestBytes, port, tls } = receiver;
  return { settingName, host, port, tls, bearerTokens, maxRequestBytes };
}
