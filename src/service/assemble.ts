/**
 * Wires the whole of authspike once, in reading order: the only place that knows all the parts.
 *
 * Everything starts from the consuming end, so that nobody receives before its successor can accept,
 * and stops in reverse: receivers first, then judgement and pages, then exporters, queue and store.
 * What cannot start says so in one sentence and leaves nothing behind.
 */
import type { Config } from "../config/config.ts";
import { readRuleFiles, ruleBundleContext } from "../config/rule-files.ts";
import type { Notification } from "../core/alerts/alert.ts";
import type { EngineSettings } from "../core/engine.ts";
import { readRuleBundle } from "../core/rules/rule-bundle.ts";
import type { Instant, UnixMillis } from "../core/time.ts";
import { ExporterError } from "../io/exporters/export-client.ts";
import { LogNotifier } from "../io/notifiers/log.ts";
import { PagerDutyNotifier } from "../io/notifiers/pagerduty.ts";
import type { Logger } from "../io/platform/logger.ts";
import { createLogger } from "../io/platform/logger.ts";
import { SelfTelemetryError, startSelfTelemetry } from "../io/platform/self-telemetry.ts";
import { SystemClock } from "../io/platform/system-clock.ts";
import { systemRandom } from "../io/platform/system-random.ts";
import { schedule } from "../io/platform/timers.ts";
import { traceDeliveries } from "../io/platform/traced-deliveries.ts";
import { QueueError } from "../io/queue/queue-settings.ts";
import type { BoundAddress } from "../io/receivers/receiver-settings.ts";
import { ReceiverError } from "../io/receivers/receiver-settings.ts";
import { Store } from "../io/sqlite/store.ts";
import { StoreError } from "../io/sqlite/store-error.ts";
import type { EndpointQuery } from "../web/endpoint-page.ts";
import { selectEndpoints } from "../web/endpoint-page.ts";
import { WebServerError } from "../web/listen.ts";
import { WebServer } from "../web/server.ts";
import { createAlertPublisher } from "./alert-publisher.ts";
import type { AlertingStart } from "./alerting.ts";
import { Alerting } from "./alerting.ts";
import type { Forwarding } from "./assemble-forwarding.ts";
import { startForwarding } from "./assemble-forwarding.ts";
import type { Receiving } from "./assemble-receiving.ts";
import { startReceiving } from "./assemble-receiving.ts";
import { DrainTime } from "./drain-time.ts";
import { ServiceEvents } from "./events.ts";
import { declareGauges } from "./gauges.ts";
import { LastingTrouble } from "./lasting-trouble.ts";
import { MetricRegistry } from "./metrics.ts";
import type { OwnTroubleName } from "./own-alerts.ts";
import { OwnAlerts } from "./own-alerts.ts";
import type { PageNotifier } from "./page-sender.ts";
import { createPageSender } from "./page-sender.ts";
import { PipelineCounters } from "./pipeline-counters.ts";
import { createRedaction } from "./redaction.ts";
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
  const store = stack.adopt(Store.open(config.storage.directory), (opened) => opened.close());
  if (store.setAside !== null) log.error({ setAside: store.setAside }, "the database was damaged; started a new one");
  const clock = (parts.createClock ?? createSystemClock)(store.meta.latestSteady());
  const troubles = new LastingTrouble<OwnTroubleName>(schedule, () => clock.now().steady);
  const events = new ServiceEvents(log.child({ part: "service" }), registry, troubles);
  const drain = new DrainTime(config.drainTimeoutMs, () => clock.now().steady);
  const common: Common = { config, parts, stack, log, registry, counters, events, store, clock, drain, troubles };

  const forwarding = await startForwarding(config, { ...common, version: parts.version });
  const rules = ruleKeeper(common);
  const started = startAlerting(common, rules, forwarding);
  if (started.kind === "no_rules") {
    await stack.disposeAsync();
    return { kind: "refused", text: started.refusal.text, exitCode: 78 };
  }
  // A receiver of pages that hangs leaves the exporters half of the time: a queue in memory has no later.
  const alerting = stack.adopt(started.alerting, (running) => running.stop(drain.remainingMs() / 2));
  const tell = (notifications: readonly Notification[]) => alerting.tell(notifications);
  troubles.observe(new OwnAlerts({ ruleSet: () => alerting.engine.ruleSet, now: () => clock.now(), tell }));
  const state = new ServiceState();
  const web = stack.use(await startWeb(common, { alerting, rules, forwarding, state }));
  const { queue } = forwarding;
  const redact = createRedaction(config.redaction, registry);
  const receivingParts = { ...common, engine: alerting, onUrgent: () => alerting.urge(), queue, redact };
  const receiving = await startReceiving(config.receivers, receivingParts);
  await startTelemetry(common, receiving.addresses);
  state.receiving = receiving;
  const { grpc, http } = receiving.addresses;
  const addresses = { grpc: text(grpc), http: text(http), api: text(web.address) };
  return { kind: "started", service: runningService(common, { alerting, rules, state, addresses }) };
}

/** Ready from when the receivers are bound until a stop is asked for. */
class ServiceState {
  receiving: Receiving | null = null;

  get isReady(): boolean {
    return this.receiving?.isReceiving() ?? false;
  }
}

/** What most of the wiring needs. */
type Common = {
  readonly config: Config;
  readonly parts: ServiceParts;
  readonly stack: AsyncDisposableStack;
  readonly log: Logger;
  readonly registry: MetricRegistry;
  readonly counters: PipelineCounters;
  readonly events: ServiceEvents;
  readonly store: Store;
  readonly clock: Clock;
  readonly drain: DrainTime;
  readonly troubles: LastingTrouble<OwnTroubleName>;
};

function startAlerting(common: Common, rules: RuleKeeper, forwarding: Forwarding): AlertingStart {
  const { clock, config, counters, events, log, parts, stack, store } = common;
  const nowWall = () => clock.now().wall;
  const notifiers = new Map<string, PageNotifier>([
    ["pagerduty", stack.use(new PagerDutyNotifier({ wallNow: nowWall }))],
    ["log", new LogNotifier(log.child({ part: "page" }))],
  ]);
  const publish = createAlertPublisher({
    queue: forwarding.alertEvents,
    spans: forwarding.alertSpans,
    counters,
    version: parts.version,
    nowWall,
    onPublished: (event) => events.published(event),
    onFailed: (error) => events.publishFailed(error),
  });
  return Alerting.start({
    store,
    rules,
    engine: engineSettings(config, store),
    sender: (ledger) => traceDeliveries(createPageSender({ findTarget: (id) => ledger.target(id), notifiers })),
    publish,
    clock,
    schedule,
    random: systemRandom,
    events,
  });
}

type Watching = {
  readonly alerting: Alerting;
  readonly rules: RuleKeeper;
  readonly forwarding: Forwarding;
  readonly state: { readonly isReady: boolean };
};

function startWeb(common: Common, { alerting, forwarding, rules, state }: Watching): Promise<WebServer> {
  const { clock, config, counters, events, parts, registry, store } = common;
  const { exporters, queue } = forwarding;
  const now = () => clock.now();
  const facts = { alerting, rules, store, counters, registry, queue, exporters, now };
  declareGauges(registry, facts);
  const views = createViews({ ...facts, version: parts.version, startedAtWall: now().wall, state });
  const endpoints = (query: EndpointQuery) => selectEndpoints(views.endpointRows(), query);
  return WebServer.start(config.api, { ...views, endpoints }, { onFailure: (error) => events.viewFailed(error) });
}

async function startTelemetry({ config, parts, registry, stack }: Common, own: Receiving["addresses"]): Promise<void> {
  if (config.telemetry === null) return;
  const settings = { ...config.telemetry, version: parts.version, ownAddresses: [own.http, own.grpc] };
  stack.use(await startSelfTelemetry(settings, registry));
}

function runningService(
  { config, drain, log, stack }: Common,
  running: {
    readonly alerting: Alerting;
    readonly rules: RuleKeeper;
    readonly state: ServiceState;
    readonly addresses: RunningService["addresses"];
  },
): RunningService {
  const { addresses, alerting, rules, state } = running;
  const exporters = config.exporters.map(({ name }) => name);
  const ruleCount = rules.active.ruleSet.rules.length;
  const receiverThreads = state.receiving?.threadCount ?? 0;
  log.info({ ...addresses, exporters, rules: ruleCount, receiverThreads }, "authspike is ready");
  let stopping: Promise<void> | null = null;
  const stop = () => {
    state.receiving = null;
    drain.begin();
    stopping ??= stack.disposeAsync().then(() => log.info({}, "authspike has stopped"));
    return stopping;
  };
  return {
    addresses,
    exporters,
    ruleCount,
    reloadRules: () => void alerting.reloadRules("signal"),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function ruleKeeper({ clock, config, events, parts, store }: Common): RuleKeeper {
  const { directory } = config.rules;
  const { environment } = parts;
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

/** Fingerprints are keyed with the secret of the installation. */
export function engineSettings({ clients, limits, outcomes, sampling }: Config, store: Store): EngineSettings {
  const key = store.meta.installKey();
  const words = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const word = (index: number) => words.getInt32(4 * index, true);
  return { ...limits, clients, outcomes, sampling, clientKey: [word(0), word(1), word(2), word(3)] };
}

function createSystemClock(notBefore: UnixMillis | null): Clock {
  return new SystemClock(notBefore);
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
    error instanceof ReceiverError ||
    error instanceof SelfTelemetryError ||
    error instanceof WebServerError
  );
}
