/**
 * One configured destination: a client, and a lane for each signal that feeds it from the queue.
 */
import type { ExporterConfig } from "../../config/config.ts";
import type { UnixMillis } from "../../core/time.ts";
import type { Logger } from "../platform/logger.ts";
import type { BatchSource } from "./delivery-lane.ts";
import { DeliveryLane } from "./delivery-lane.ts";
import { DestinationState } from "./destination-state.ts";
import type { ClientSettings, ExportClient } from "./export-client.ts";

export type ExporterParts = {
  /** One for each signal; several of one signal are served side by side. */
  readonly sources: readonly BatchSource[];
  readonly log: Logger;
  /** The steady clock. */
  readonly now: () => UnixMillis;
  /** The wall clock: destinations name dates. */
  readonly wallNow: () => UnixMillis;
  /** From 0 up to but not 1. */
  readonly random: () => number;
  readonly schedule: (delayMs: number, action: () => void) => () => void;
  readonly version: string;
};

export class OtlpExporter {
  readonly name: string;
  readonly #client: ExportClient;
  readonly #schedule: ExporterParts["schedule"];
  readonly #lanes: readonly DeliveryLane[];
  #running: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  private constructor({ concurrency, name }: ExporterConfig, client: ExportClient, parts: ExporterParts) {
    this.name = name;
    this.#client = client;
    this.#schedule = parts.schedule;
    this.#lanes = parts.sources.map((source) => {
      const state = new DestinationState({ ...parts, exporter: name, signal: source.signal });
      return new DeliveryLane(source, { ...parts, client, state, concurrency });
    });
  }

  /** Makes the client for the protocol. Rejects with an ExporterError when the settings cannot work. */
  static async create(config: ExporterConfig, parts: ExporterParts): Promise<OtlpExporter> {
    return new OtlpExporter(config, await createClient(config, parts), parts);
  }

  /** False while it does not answer, or asks to be left alone, for any of the signals. */
  get isDelivering(): boolean {
    return this.#lanes.every((lane) => !lane.isFailing);
  }

  start(): void {
    this.#running = Promise.all(this.#lanes.map((lane) => lane.run()));
  }

  /**
   * Sends what is queued for at most that long, then breaks off. Signals that the destination fails to
   * take are not waited for. What remains is in the queue. A second call joins the first.
   */
  stop(drainMs: number): Promise<void> {
    this.#stopping ??= this.#drainAndClose(drainMs);
    return this.#stopping;
  }

  async #drainAndClose(drainMs: number): Promise<void> {
    for (const lane of this.#lanes) lane.finish();
    const cancel = this.#schedule(drainMs, () => {
      for (const lane of this.#lanes) lane.stop();
    });
    await this.#running;
    cancel();
    await this.#client.close();
  }
}

/** Each client brings a library that commands without exporters should not load. */
async function createClient(config: ExporterConfig, parts: ExporterParts): Promise<ExportClient> {
  const settings: ClientSettings = {
    ...config,
    userAgent: `authspike/${parts.version} OTel-OTLP-Exporter-JavaScript/${parts.version}`,
  };
  if (config.protocol === "grpc") {
    const { OtlpGrpcClient } = await import("./otlp-grpc-client.ts");
    return OtlpGrpcClient.create(settings);
  }
  const { OtlpHttpClient } = await import("./otlp-http-client.ts");
  return OtlpHttpClient.create(settings, parts.wallNow);
}
