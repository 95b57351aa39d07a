/**
 * An authspike as somebody set it up: a directory with a configuration, rules and data, and an
 * environment with the routing key. Services and commands are run in it as child processes.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { PagerDutyTwin } from "../../src/io/stand-ins/pagerduty-twin.ts";
import { PROGRAM, RunningService } from "./running-service.ts";

/** As PagerDuty's keys look. It may appear in requests to PagerDuty and nowhere else. */
export const ROUTING_KEY = "e2e0f00dcafe4bad8deed5ecret9a1b2";

export type ExporterFacts = {
  readonly protocol: "grpc" | "http/protobuf" | "http/json";
  readonly endpoint: string;
  readonly timeout?: string;
};

export type InstallationFacts = {
  readonly exporters?: Readonly<Record<string, ExporterFacts>>;
  readonly pagerDuty?: PagerDutyTwin;
  /** Added to the configuration as it is. */
  readonly settings?: Readonly<Record<string, unknown>>;
};

export type CommandResult = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

/** Logins are watched as the shipped rules do it, but an alert resolves as soon as the detector sees calm. */
export const LOGIN_RULES = `version: 1
rules:
  - id: login-401
    match: {route: "/login"}
    count: {outcome: unauthenticated}
    keep_firing_for: 1s
    severity: critical
    summary: "Failed logins on {{endpoint}} of {{service}}"
`;

let receiverThreads: Readonly<Record<string, string>> = {};

/** For all installations from now on: how many threads receive, where nothing else is said. */
export function receiveInThreads(count: number): void {
  receiverThreads = { AUTHSPIKE_RECEIVERS_THREADS: String(count) };
}

const CONFIG_FILE = "authspike.yaml";

export class Installation implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), "authspike-e2e-"));
  readonly #environment: Readonly<Record<string, string>>;
  readonly #services: RunningService[] = [];

  constructor({ exporters = {}, pagerDuty, settings = {} }: InstallationFacts = {}) {
    this.#environment = {
      PATH: process.env["PATH"] ?? "",
      PAGERDUTY_ROUTING_KEY: ROUTING_KEY,
      ...receiverThreads,
      ...(pagerDuty === undefined ? {} : { PAGERDUTY_URL: pagerDuty.url }),
    };
    mkdirSync(join(this.directory, "rules"));
    this.writeConfig({ ...ownPorts, exporters, ...settings });
    this.writeRules("login.yaml", LOGIN_RULES);
    this.writeRules("notify.yaml", pagerDuty === undefined ? "version: 1\n" : NOTIFY_RULES);
  }

  get rulesDirectory(): string {
    return join(this.directory, "rules");
  }

  /** JSON is YAML, too. */
  writeConfig(settings: Readonly<Record<string, unknown>>): void {
    writeFileSync(join(this.directory, CONFIG_FILE), JSON.stringify(settings, null, 2));
  }

  writeRules(name: string, content: string): void {
    writeFileSync(join(this.rulesDirectory, name), content);
  }

  /** It is ended, at the latest, when the installation is. */
  async start(): Promise<RunningService> {
    const service = await RunningService.start(["run", "-c", CONFIG_FILE], this.#place);
    this.#services.push(service);
    return service;
  }

  /** Runs one command to its end. `-c FILE` is up to the caller: not every command takes it. */
  async command(args: readonly string[]): Promise<CommandResult> {
    const { directory, environment } = this.#place;
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: directory,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = once(child, "close");
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    await ended;
    return { exitCode: child.exitCode, stdout, stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const service of this.#services) await service[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }

  get #place() {
    return { directory: this.directory, environment: this.#environment };
  }
}

/** Port 0: each service finds its own. */
const ownPorts = {
  receivers: { grpc: { endpoint: "127.0.0.1:0" }, http: { endpoint: "127.0.0.1:0" } },
  api: { endpoint: "127.0.0.1:0" },
};

export const NOTIFY_RULES = `version: 1
notifiers:
  pager:
    pagerduty: {routing_key: "\${env:PAGERDUTY_ROUTING_KEY}", url: "\${env:PAGERDUTY_URL}"}
routes:
  - {notify: [pager]}
`;
