/**
 * Wires the whole of authspike once, in reading order: the only place that knows all the parts.
 *
 * Everything starts from the consuming end, so that nobody receives before its successor can accept,
 * and stops in reverse: receivers first, then judgement and pages, then exporters, queue and store.
 * What cannot start says so in one sentence and leaves nothing behind.
 */
import { join } from "node:path";
import type { Config, ExporterConfig, ReceiverConfig } from "../config/config.ts";
import { readRuleFiles, ruleBundleContext } from "../config/rule-files.ts";
import type { EngineSettings } from "../core/engine.ts";
import type { RefusalReason, Signal } from "../core/otlp/verdict.ts";
import { SIGNALS } from "../core/otlp/verdict.ts";
import { readRuleBundle } from "../core/rules/rule-bundle.ts";
import type { Instant, UnixMillis } from "../core/time.ts";
import { AlertSpanExporter } from "../io/exporters/alert-span-exporter.ts";
import { ExporterError } from "../io/exporters/export-client.ts";
import { OtlpExporter } from "../io/exporters/otlp-exporter.ts";
import { LogNotifier } from "../io/notifiers/log.ts";
import { PagerDutyNotifier } from "../io/notifiers/pagerduty.ts";
import type { Logger } from "../io/platform/logger.ts";
import { createLogger } from "../io/platform/logger.ts";
import { startSelfTelemetry } from "../io/platform/self-telemetry.ts";
import { SystemClock } from "../io/platform/system-clock.ts";
import { systemRandom } from "../io/platform/system-random.ts";
import { schedule } from "../io/platform/timers.ts";
import { ForwardQueue } from "../io/queue/forward-queue.ts";
import { QueueError } from "../io/queue/queue-settings.ts";
import { OtlpGrpcReceiver } from "../io/receivers/otlp-grpc.ts";
import { OtlpHttpReceiver } from "../io/receivers/otlp-http.ts";
import type { BoundAddress, ReceiverSettings } from "../io/receivers/receiver-settings.ts";
import { ReceiverError } from "../io/receivers/receiver-settings.ts";
import { Store } from "../io/sqlite/store.ts";
import { StoreError } from "../io/sqlite/store-error.ts";
import type { EndpointQuery } from "../web/endpoint-page.ts";
import { selectEndpoints } from "../web/endpoint-page.ts";
import { WebServer } from "../web/server.ts";
import { createAlertPublisher } from "./alert-publisher.ts";
import type { AlertingStart } from "./alerting.ts";
import { Alerting } from "./alerting.ts";
import { ServiceEvents } from "./events.ts";
import { declareGauges } from "./gauges.ts";
import { createIntake } from "./intake.ts";
import { MetricRegistry } from "./metrics.ts";
import type { PageNotifier } from "./page-sender.ts";
import { createPageSender } from "./page-sender.ts";
import { PipelineCounters } from "./pipeline-counters.ts";
import { RuleKeeper } from "./rule-keeper.ts";
import { createViews } from "./views.ts";

export type ServiceParts = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly version: string;
  /** In place of the machine's clock. `notBefore` is how far an earlier run had come; null on a first start. */
  readonly createClock?: (notBefore: UnixMillis | null) => Clock;
};

export type Clock = { now(): Instant };

export type ServiceStart =
  | { readonly kind: "started"; readonly service: RunningService }
  /** `text` is for people; 78 is a bad configuration or rule bundle, 1 trouble outside. */
  | { readonly kind: "refused"; readonly text: string; readonly exitCode: 78 | 1 };

export type RunningService = {
  readonly addresses: { readonly grpc: string; readonly http: string; readonly api: string };
  readonly exporters: readonly string[];
  readonly ruleCount: number;
  /** Looks at the rule files now. */
  reloadRules(): void;
  /** Drains within the configured time. May be called again: it is one stop. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export async function runService(config: Config, parts: ServiceParts): Promise<ServiceStart> {
  const stack = new AsyncDisposableStack();
  try {
    return await start(config, parts, stack);
  } catch (error) {
    await stack.disposeAsync();
    if (isTroubleOutside(error)) return { kind: "refused", text: error.message, exitCode: 1 };
    throw error;
  }
}

async function start(config: Config, parts: ServiceParts, stack: AsyncDisposableStack): Promise<ServiceStart> {
  const log = createLogger(config.log, parts.stderr);
  const registry = new MetricRegistry();
  const counters = new PipelineCounters(registry);
  const events = new ServiceEvents(log.child({ part: "service" }), registry);

  const store = stack.adopt(Store.open(config.storage.directory), (opened) => opened.close());
  if (store.setAside !== null) log.error({ setAside: store.setAside }, "the database was damaged; started a new one");
  const createClock = parts.createClock ?? ((notBefore) => new SystemClock(notBefore));
  const clock = createClock(store.meta.latestSteady());
  const now = () => clock.now();

  const queue = await openQueue(config, { counters, log, clock, stack });
  await startExporters(config, { queue, log, clock, version: parts.version, stack });
  const pagerDuty = stack.use(new PagerDutyNotifier({ wallNow: () => clock.now().wall }));
  const notifiers = new Map<string, PageNotifier>([
    ["pagerduty", pagerDuty],
    ["log", new LogNotifier(log.child({ part: "page" }))],
  ]);
  const rules = ruleKeeper(config, parts, { store, clock, events });

  const started: AlertingStart = Alerting.start({
    store,
    rules,
    engine: engineSettings(config, store),
    sender: (ledger) => createPageSender({ findTarget: (id) => ledger.target(id), notifiers }),
    publish: createAlertPublisher({
      queue: config.exporters.some(({ alertEvents }) => alertEvents === "logs") ? queue : null,
      spans: await startAlertSpans(config.exporters, parts.version, stack),
      counters,
      version: parts.version,
      nowWall: () => clock.now().wall,
      onPublished: (event) => events.published(event),
      onFailed: (error) => events.publishFailed(error),
    }),
    clock,
    schedule,
    random: systemRandom,
    events,
  });
  if (started.kind === "no_rules") {
    await stack.disposeAsync();
    return { kind: "refused", text: started.refusal.text, exitCode: 78 };
  }
  const alerting = stack.adopt(started.alerting, (running) => running.stop(config.drainTimeoutMs));

  const accounted = config.exporters.map((exporter) => ({
    name: exporter.name,
    queued: (signal: Signal) =>
      signalsOf(exporter).includes(signal) ? (queue?.queued(exporter.name, signal) ?? 0) : 0,
  }));
  const facts = { alerting, rules, store, counters, registry, queue, exporters: accounted, now };
  declareGauges(registry, facts);
  const state = { isReady: false };
  const views = createViews({ ...facts, version: parts.version, startedAtWall: clock.now().wall, state });
  const endpoints = (query: EndpointQuery) => selectEndpoints(views.endpointRows(), query);
  const web = stack.use(await WebServer.start(config.api, { ...views, endpoints }));

  const intake = createIntake({
    engine: alerting,
    queue,
    counters,
    now,
    onUrgent: () => alerting.urge(),
    onAnalysisFailure: (error) => events.analysisFailed(error),
  });
  const door = {
    accept: intake,
    onRefused: (signal: Signal | null, reason: RefusalReason) => counters.refused(signal ?? "unknown", reason).add(1),
    onFailure: (error: unknown) => events.analysisFailed(error),
  };
  const http = stack.use(await OtlpHttpReceiver.start(httpSettings(config), door));
  const grpc = stack.use(
    await OtlpGrpcReceiver.start(receiverSettings("receivers.grpc.endpoint", config.receivers.grpc), door),
  );
  if (config.telemetry !== null) {
    const telemetry = { ...config.telemetry, version: parts.version, ownAddresses: [http.address, grpc.address] };
    stack.use(await startSelfTelemetry(telemetry, registry));
  }
  state.isReady = true;
  return { kind: "started", service: runningService({ config, log, stack, alerting, rules, state, web, http, grpc }) };
}

function runningService(parts: {
  readonly config: Config;
  readonly log: Logger;
  readonly stack: AsyncDisposableStack;
  readonly alerting: Alerting;
  readonly rules: RuleKeeper;
  readonly state: { isReady: boolean };
  readonly web: { readonly address: BoundAddress };
  readonly http: { readonly address: BoundAddress };
  readonly grpc: { readonly address: BoundAddress };
}): RunningService {
  const { alerting, config, log, rules, stack, state } = parts;
  const addresses = { grpc: text(parts.grpc.address), http: text(parts.http.address), api: text(parts.web.address) };
  const exporters = config.exporters.map(({ name }) => name);
  log.info({ ...addresses, exporters, rules: rules.active.ruleSet.rules.length }, "authspike is ready");
  let stopping: Promise<void> | null = null;
  const stop = () => {
    state.isReady = false;
    stopping ??= stack.disposeAsync().then(() => log.info({}, "authspike has stopped"));
    return stopping;
  };
  return {
    addresses,
    exporters,
    ruleCount: rules.active.ruleSet.rules.length,
    reloadRules: () => void alerting.reloadRules("signal"),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

type Shared = { readonly log: Logger; readonly clock: Clock; readonly stack: AsyncDisposableStack };

async function openQueue(
  config: Config,
  { counters, log, clock, stack }: Shared & { readonly counters: PipelineCounters },
): Promise<ForwardQueue | null> {
  if (config.exporters.length === 0) return null;
  const { durable, fsync, maxAgeMs, maxBytes, memoryMaxBytes } = config.queue;
  const queueLog = log.child({ part: "queue" });
  const queue = await ForwardQueue.open(
    { directory: durable ? join(config.storage.directory, "queue") : null, maxBytes, memoryMaxBytes, maxAgeMs, fsync },
    {
      exporters: config.exporters.map((exporter) => ({ name: exporter.name, signals: signalsOf(exporter) })),
      account: {
        sent: (signal, exporter, items) => counters.sent(signal, exporter).add(items),
        dropped: (signal, exporter, reason, items) => counters.dropped(signal, exporter, reason).add(items),
      },
      now: () => clock.now().steady,
      schedule,
      onTrouble: (trouble) => queueLog.error(trouble, "queue trouble"),
    },
  );
  return stack.use(queue);
}

async function startExporters(
  config: Config,
  { queue, log, clock, version, stack }: Shared & { readonly queue: ForwardQueue | null; readonly version: string },
): Promise<void> {
  if (queue === null) return;
  for (const exporterConfig of config.exporters) {
    const exporter = await OtlpExporter.create(exporterConfig, {
      sources: signalsOf(exporterConfig).map((signal) => queue.reader(exporterConfig.name, signal)),
      log: log.child({ part: "exporter", exporter: exporterConfig.name }),
      now: () => clock.now().steady,
      wallNow: () => clock.now().wall,
      random: systemRandom,
      schedule,
      version,
    });
    exporter.start();
    stack.adopt(exporter, (running) => running.stop(config.drainTimeoutMs));
  }
}

async function startAlertSpans(
  exporters: readonly ExporterConfig[],
  version: string,
  stack: AsyncDisposableStack,
): Promise<readonly AlertSpanExporter[]> {
  const started: AlertSpanExporter[] = [];
  for (const exporter of exporters.filter(({ alertEvents }) => alertEvents === "span")) {
    const created = await AlertSpanExporter.create({ ...exporter, version, userAgent: `authspike/${version}` });
    started.push(stack.adopt(created, (running) => running.close()));
  }
  return started;
}

function ruleKeeper(
  config: Config,
  { environment }: ServiceParts,
  { store, clock, events }: { readonly store: Store; readonly clock: Clock; readonly events: ServiceEvents },
): RuleKeeper {
  const { directory } = config.rules;
  const nowWall = () => clock.now().wall;
  return new RuleKeeper({
    readFiles: () => readRuleFiles(directory),
    parse: (files) => readRuleBundle(files, ruleBundleContext({ environment, directory, nowWall: nowWall() })),
    history: store.rules,
    nowWall,
    schedule,
    observer: events,
  });
}

/** The standard variables can give an address for one signal alone. */
function signalsOf({ endpoint, signalEndpoints }: ExporterConfig): readonly Signal[] {
  return SIGNALS.filter((signal) => endpoint !== null || signalEndpoints[signal] !== null);
}

/** Fingerprints are keyed with the secret of the installation. */
export function engineSettings({ limits }: Config, store: Store): EngineSettings {
  const key = store.meta.installKey();
  const words = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const word = (index: number) => words.getInt32(4 * index, true);
  return { ...limits, clientKey: [word(0), word(1), word(2), word(3)] };
}

function receiverSettings(settingName: string, receiver: ReceiverConfig): ReceiverSettings {
  const { bearerTokens, host, maxRequestBytes, port, tls } = receiver;
  return { settingName, host, port, tls, bearerTokens, maxRequestBytes };
}

function httpSettings({ receivers: { http } }: Config) {
  return { ...receiverSettings("receivers.http.endpoint", http), cors: http.cors };
}

/** IPv6 addresses stand in brackets, as in a URL. */
function text({ host, port }: BoundAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function isTroubleOutside(error: unknown): error is Error {
  return (
    error instanceof StoreError ||
    error instanceof QueueError ||
    error instanceof ExporterError ||
    error instanceof ReceiverError
  );
}
