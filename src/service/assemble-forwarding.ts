/**
 * Wires the way out: the durable queues, the exporters that empty them, and the account of both.
 *
 * Alert events have a queue of their own, because not every exporter that takes logs takes them.
 */
import { join } from "node:path";
import type { Config, ExporterConfig } from "../config/config.ts";
import type { Signal } from "../core/otlp/verdict.ts";
import type { Instant } from "../core/time.ts";
import { AlertSpanExporter } from "../io/exporters/alert-span-exporter.ts";
import { signalsOf } from "../io/exporters/export-client.ts";
import { OtlpExporter } from "../io/exporters/otlp-exporter.ts";
import type { Logger } from "../io/platform/logger.ts";
import { systemRandom } from "../io/platform/system-random.ts";
import { schedule } from "../io/platform/timers.ts";
import { ForwardQueue } from "../io/queue/forward-queue.ts";
import type { QueueExporter, QueueTrouble } from "../io/queue/queue-settings.ts";
import type { DrainTime } from "./drain-time.ts";
import type { LastingTrouble } from "./lasting-trouble.ts";
import type { OwnTroubleName } from "./own-alerts.ts";
import type { AccountedSignal, PipelineCounters } from "./pipeline-counters.ts";
import type { AccountedExporter } from "./status.ts";

export type ForwardingParts = {
  readonly counters: PipelineCounters;
  readonly log: Logger;
  readonly clock: { now(): Instant };
  readonly version: string;
  readonly drain: DrainTime;
  readonly troubles: LastingTrouble<OwnTroubleName>;
  /** Takes what is started, so that it is stopped in reverse. */
  readonly stack: AsyncDisposableStack;
};

export type Forwarding = {
  /** null when no exporter is configured. */
  readonly queue: ForwardQueue | null;
  /** null when no exporter takes alert events as log records. */
  readonly alertEvents: ForwardQueue | null;
  readonly alertSpans: readonly AlertSpanExporter[];
  readonly exporters: readonly AccountedExporter[];
};

/** Of alert events alone: a year of a busy fleet. */
const ALERT_EVENTS_MAX_BYTES = 128 * 1024 * 1024;

export async function startForwarding(config: Config, parts: ForwardingParts): Promise<Forwarding> {
  const everything = config.exporters.map((exporter) => ({ name: exporter.name, signals: signalsOf(exporter) }));
  const queue = await openQueue(config, everything, {
    ...parts,
    folder: "queue",
    trouble: "queue-disk",
    maxBytes: config.queue.maxBytes,
  });
  const eventTakers = config.exporters.filter(takesAlertLogs).map(({ name }) => ({ name, signals: ["logs"] as const }));
  const alertEvents = await openQueue(config, eventTakers, {
    ...parts,
    folder: "alert-events",
    trouble: "alert-events-disk",
    maxBytes: ALERT_EVENTS_MAX_BYTES,
    countedAs: "alert_events",
  });
  await startExporters(config.exporters, { ...parts, queue, alertEvents });
  return {
    queue,
    alertEvents,
    alertSpans: await startAlertSpans(config.exporters, parts),
    exporters: config.exporters.map((exporter) => accountOf(exporter, queue, alertEvents)),
  };
}

function takesAlertLogs(exporter: ExporterConfig): boolean {
  return exporter.alertEvents === "logs" && signalsOf(exporter).includes("logs");
}

/** How the log tells of them. */
const TROUBLES: Readonly<Record<QueueTrouble["kind"], { level: "error" | "warn" | "info"; line: string }>> = {
  disk_failed: { level: "error", line: "the disk does not take what is queued; it is kept in memory" },
  disk_recovered: { level: "info", line: "the disk takes what is queued again" },
  refusing: { level: "error", line: "disk and memory are full; senders are asked to come again" },
  accepting_again: { level: "info", line: "there is room for what is sent again" },
  dropping: { level: "error", line: "what is queued is being given up" },
  exporter_removed: {
    level: "warn",
    line: "an exporter is gone from the configuration; what it had to send is given up",
  },
  lost_at_close: { level: "error", line: "what was in memory alone is lost" },
};

type QueuePlace = ForwardingParts & {
  readonly folder: string;
  readonly maxBytes: number;
  /** The name of a disk that fails under it. */
  readonly trouble: OwnTroubleName;
  /** Under what the account keeps the items, where that is not their signal. */
  readonly countedAs?: AccountedSignal;
};

async function openQueue(
  config: Config,
  exporters: readonly QueueExporter[],
  { clock, countedAs, counters, folder, log, maxBytes, stack, trouble, troubles }: QueuePlace,
): Promise<ForwardQueue | null> {
  if (exporters.length === 0) return null;
  const { durable, fsync, maxAgeMs, memoryMaxBytes } = config.queue;
  const directory = durable ? join(config.storage.directory, folder) : null;
  const queueLog = log.child({ part: "queue", queue: folder });
  const queue = await ForwardQueue.open(
    { directory, maxBytes, memoryMaxBytes, maxAgeMs, fsync },
    {
      exporters,
      account: {
        resumed: (signal, exporter, items) => counters.resumed(countedAs ?? signal, exporter).add(items),
        sent: (signal, exporter, items) => counters.sent(countedAs ?? signal, exporter).add(items),
        dropped: (signal, exporter, reason, items) =>
          counters.dropped(countedAs ?? signal, exporter, reason).add(items),
      },
      now: () => clock.now().steady,
      schedule,
      onTrouble: ({ kind, ...facts }) => {
        queueLog[TROUBLES[kind].level](facts, TROUBLES[kind].line);
        if (kind === "disk_failed") troubles.begins(trouble);
        if (kind === "disk_recovered") troubles.ends(trouble);
      },
    },
  );
  return stack.use(queue);
}

type Queues = Pick<Forwarding, "queue" | "alertEvents">;

/** They are stopped side by side: one that hangs takes none of the others' time. */
async function startExporters(exporters: readonly ExporterConfig[], parts: ForwardingParts & Queues): Promise<void> {
  const started = parts.stack.adopt<OtlpExporter[]>([], async (running) => {
    await Promise.all(running.map((exporter) => exporter.stop(parts.drain.remainingMs())));
  });
  for (const exporter of exporters) started.push(await startExporter(exporter, parts));
}

async function startExporter(
  exporter: ExporterConfig,
  { alertEvents, clock, log, queue, version }: ForwardingParts & Queues,
): Promise<OtlpExporter> {
  const { name } = exporter;
  const sources = queue === null ? [] : signalsOf(exporter).map((signal) => queue.reader(name, signal));
  if (alertEvents !== null && takesAlertLogs(exporter)) sources.push(alertEvents.reader(name, "logs"));
  const running = await OtlpExporter.create(exporter, {
    sources,
    log: log.child({ part: "exporter" }),
    now: () => clock.now().steady,
    wallNow: () => clock.now().wall,
    random: systemRandom,
    schedule,
    version,
  });
  running.start();
  return running;
}

async function startAlertSpans(
  exporters: readonly ExporterConfig[],
  { stack, version }: ForwardingParts,
): Promise<readonly AlertSpanExporter[]> {
  const started: AlertSpanExporter[] = [];
  for (const exporter of exporters.filter(({ alertEvents }) => alertEvents === "span")) {
    const created = await AlertSpanExporter.create({ ...exporter, version, userAgent: `authspike/${version}` });
    started.push(stack.adopt(created, (running) => running.close()));
  }
  return started;
}

function accountOf(exporter: ExporterConfig, queue: ForwardQueue | null, alertEvents: ForwardQueue | null) {
  const { name } = exporter;
  const signals: readonly Signal[] = signalsOf(exporter);
  const takes: readonly AccountedSignal[] = takesAlertLogs(exporter) ? [...signals, "alert_events"] : signals;
  return {
    name,
    takes,
    queued: (signal: AccountedSignal) => {
      if (!takes.includes(signal)) return 0;
      return (signal === "alert_events" ? alertEvents?.queued(name, "logs") : queue?.queued(name, signal)) ?? 0;
    },
  };
}
