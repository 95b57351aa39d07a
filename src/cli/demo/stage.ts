/**
 * Everything the demo needs, set up in a directory of its own: a configuration and rules as a user
 * would have them, the service they start, and stand-ins for what is usually on the network.
 */
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { readRuleFiles, ruleBundleContext } from "../../config/rule-files.ts";
import { readVersion } from "../../config/version.ts";
import { assert } from "../../core/assert.ts";
import { readRuleBundle } from "../../core/rules/rule-bundle.ts";
import { SystemClock } from "../../io/platform/system-clock.ts";
import { OtlpSink } from "../../io/stand-ins/otlp-sink.ts";
import { PagerDutyTwin } from "../../io/stand-ins/pagerduty-twin.ts";
import type { RunningService } from "../../service/assemble.ts";
import { runService } from "../../service/assemble.ts";
import { DemoError } from "./demo-error.ts";
import { freePort } from "./free-port.ts";
import type { SeededHistory } from "./seed-history.ts";
import { seedHistory } from "./seed-history.ts";
import { TimeLapseClock } from "./time-lapse-clock.ts";

export type StageOptions = {
  /** Of the three listeners; null = the well-known ones. Ports in use are passed over. */
  readonly portBase: number | null;
  readonly afterwards: "keep" | "remove";
  /** Of the traffic that is usual. */
  readonly rate: number;
  readonly seed: number;
};

const SHIPPED_RULES = fileURLToPath(new URL("../../../rules", import.meta.url));
const HOST = "127.0.0.1";
/** Has the form of a key and is none: the twin takes it, and PagerDuty would not. */
const ROUTING_KEY = "authspike0demo0routing0key000000";
const KEY_VARIABLE = "PAGERDUTY_ROUTING_KEY";
const ENVIRONMENT = { [KEY_VARIABLE]: ROUTING_KEY };
const STAND_INS_FILE = "notify.yaml";

export class Stage {
  readonly directory: string;
  readonly twin: PagerDutyTwin;
  readonly sink: OtlpSink;
  readonly history: SeededHistory;
  readonly service: RunningService;
  readonly clock: TimeLapseClock;
  readonly #stack: AsyncDisposableStack;

  private constructor(parts: StageParts, stack: AsyncDisposableStack) {
    this.directory = parts.directory;
    this.twin = parts.twin;
    this.sink = parts.sink;
    this.history = parts.history;
    this.service = parts.service;
    this.clock = parts.clock;
    this.#stack = stack;
  }

  static async open(options: StageOptions): Promise<Stage> {
    const stack = new AsyncDisposableStack();
    try {
      return new Stage(await setUp(options, stack), stack);
    } catch (error) {
      await stack.disposeAsync();
      throw error;
    }
  }

  get rulesDirectory(): string {
    return join(this.directory, "rules");
  }

  /** An answer of the service's API, whose types the caller names. */
  async ask<Answer>(path: string): Promise<Answer> {
    const response = await fetch(`http://${this.service.addresses.api}/api/v1/${path}`);
    if (!response.ok) throw new DemoError(`the API answered ${path} with ${response.status}`);
    return (await response.json()) as Answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

type StageParts = Pick<Stage, "directory" | "twin" | "sink" | "history" | "service" | "clock">;

async function setUp(options: StageOptions, stack: AsyncDisposableStack): Promise<StageParts> {
  const directory = mkdtempSync(join(tmpdir(), "authspike-demo-"));
  if (options.afterwards === "remove") stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const twin = stack.use(new PagerDutyTwin({ routingKeys: [ROUTING_KEY] }));
  const sink = stack.use(new OtlpSink());
  await twin.start();
  await sink.start();
  writeRules(join(directory, "rules"), twin.url);
  const config = await writeConfig(directory, sink.grpcUrl, options.portBase);
  const history = seedHistory(config, readRules(config), options);
  const log = stack.adopt(createWriteStream(join(directory, "authspike.log")), closed);
  let clock: TimeLapseClock | undefined;
  const start = await runService(config, {
    environment: ENVIRONMENT,
    stderr: log,
    version: readVersion(),
    createClock: (notBefore) => {
      clock = new TimeLapseClock(new SystemClock(notBefore));
      return clock;
    },
  });
  if (start.kind === "refused") throw new DemoError(`authspike cannot start: ${start.text}`);
  assert(clock !== undefined, "the service has asked for its clock");
  return { directory, twin, sink, history, service: stack.use(start.service), clock };
}

/** The shipped rules as they are, but for where pages go. */
function writeRules(directory: string, pagerDutyUrl: string): void {
  mkdirSync(directory);
  for (const { path, text } of readRuleFiles(SHIPPED_RULES)) writeFileSync(join(directory, basename(path)), text);
  writeFileSync(
    join(directory, STAND_INS_FILE),
    `version: 1

budget: {false_pages: 1, per: 30d}

notifiers:
  pagerduty-demo:
    pagerduty:
      routing_key: "\${env:${KEY_VARIABLE}}"
      # The demo's stand-in. Without this line pages go to PagerDuty.
      url: "${pagerDutyUrl}"

routes:
  - {match: {severity: [error, critical]}, notify: [pagerduty-demo]}
  - {notify: [log]}
`,
  );
}

async function writeConfig(directory: string, backendUrl: string, portBase: number | null): Promise<Config> {
  const path = join(directory, "authspike.yaml");
  const [grpc, http, api] = portBase === null ? [4317, 4318, 8401] : [portBase, portBase + 1, portBase + 2];
  const grpcPort = await freePort(grpc);
  // One after the other, since neighbours in use may push two wishes to the same port.
  const httpPort = await freePort(Math.max(http, grpcPort + 1));
  const apiPort = await freePort(api > httpPort ? api : httpPort + 1);
  writeFileSync(
    path,
    `receivers:
  grpc: {endpoint: "${HOST}:${grpcPort}"}
  http: {endpoint: "${HOST}:${httpPort}"}
exporters:
  backend: {protocol: grpc, endpoint: "${backendUrl}"}
storage: {directory: ./data}
rules: {directory: ./rules}
api: {endpoint: "${HOST}:${apiPort}"}
`,
  );
  const loaded = loadConfig({ files: [path], flags: new Map(), environment: ENVIRONMENT, workingDirectory: directory });
  assert(loaded.kind === "ok", "the demo's own configuration is right");
  return loaded.config;
}

function readRules(config: Config) {
  const { directory } = config.rules;
  const context = ruleBundleContext({ environment: ENVIRONMENT, directory, nowWall: Date.now() });
  const outcome = readRuleBundle(readRuleFiles(directory), context);
  assert(outcome.kind === "ok", "the shipped rules are right");
  return outcome.ruleSet;
}

function closed(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => stream.end(() => resolve()));
}
