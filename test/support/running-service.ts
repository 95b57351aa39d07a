/**
 * A running authspike, met from outside as its users meet it: a process, its output, its ports.
 *
 * Nothing here imports the program. What it says of itself is read from the banner, the log and the
 * API. There is no event to await for what only the API knows, so `until` asks again every so often;
 * everything else waits for the process to say or do something.
 */
import assert from "node:assert/strict";
import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Condition } from "../../src/io/stand-ins/condition.ts";

export const PROGRAM = fileURLToPath(new URL("../../bin/authspike.js", import.meta.url));

const ASK_EVERY_MS = 100;
const WAIT_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 30_000;

export type ProcessPlace = {
  readonly directory: string;
  /** The whole environment: nothing of the tests' own gets in. */
  readonly environment: Readonly<Record<string, string>>;
};

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** One line of the log; `msg` is constant for each kind of event. */
export type LogLine = { readonly level: string; readonly msg: string; readonly [field: string]: unknown };

/** What `/api/v1/pipeline` says of one signal and one exporter. */
export type SignalAccount = {
  readonly signal: string;
  readonly accepted: number;
  readonly refused: number;
  readonly exporters: readonly {
    readonly name: string;
    /** What waited for it when the process began. */
    readonly resumed: number;
    readonly sent: number;
    readonly queued: number;
    readonly dropped: number;
  }[];
};

type Ports = { readonly grpc: number; readonly http: number; readonly api: number };

export class RunningService {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #news = new Condition();
  readonly #exited: Promise<Exit>;
  #stdout = "";
  #stderr = "";
  #ports: Ports | undefined;

  private constructor(args: readonly string[], { directory, environment }: ProcessPlace) {
    this.#child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: directory,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#news.changed();
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#news.changed();
    });
    this.#exited = once(this.#child, "close").then(() => ({
      code: this.#child.exitCode,
      signal: this.#child.signalCode,
    }));
    void this.#exited.then(() => this.#news.changed());
  }

  /** Resolves when the receivers and the API are bound. */
  static async start(args: readonly string[], place: ProcessPlace): Promise<RunningService> {
    const service = new RunningService(args, place);
    const hasEnded = () => service.#child.exitCode !== null || service.#child.signalCode !== null;
    await service.#waitUntil(() => hasEnded() || portsIn(service.#stdout) !== undefined, START_TIMEOUT_MS);
    service.#ports = portsIn(service.#stdout);
    assert.ok(service.#ports !== undefined, `authspike did not start:\n${service.output}`);
    return service;
  }

  get pid(): number {
    assert.ok(this.#child.pid !== undefined);
    return this.#child.pid;
  }

  get grpcPort(): number {
    return this.#boundPorts.grpc;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.#boundPorts.http}`;
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${this.#boundPorts.api}`;
  }

  /** Everything that was printed and logged so far. */
  get output(): string {
    return this.#stdout + this.#stderr;
  }

  get log(): readonly LogLine[] {
    const lines = this.#stderr.split("\n").slice(0, -1);
    return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as LogLine);
  }

  async waitForLog(isMeant: (line: LogLine) => boolean, timeoutMs = WAIT_TIMEOUT_MS): Promise<LogLine> {
    await this.#waitUntil(() => this.log.some(isMeant), timeoutMs);
    const line = this.log.findLast(isMeant);
    assert.ok(line !== undefined);
    return line;
  }

  /** Sends an OTLP request as protobuf over HTTP and returns once it is acknowledged as a whole. */
  async send(bytes: Uint8Array, signal: "traces" | "metrics" | "logs" = "traces"): Promise<void> {
    const headers = { "content-type": "application/x-protobuf" };
    const response = await fetch(`${this.httpUrl}/v1/${signal}`, { method: "POST", headers, body: Buffer.from(bytes) });
    const answer = Buffer.from(await response.arrayBuffer());
    assert.equal(response.status, 200, `${response.status}: ${answer.toString("utf8")}`);
    assert.equal(answer.length, 0, "no part of the request was refused");
  }

  /** The JSON that the API answers with; the caller names its type. */
  async ask<Answer>(path: string): Promise<Answer> {
    const response = await fetch(this.apiUrl + path);
    assert.equal(response.status, 200, `${path} answered with ${response.status}`);
    return (await response.json()) as Answer;
  }

  async accountOf(signal: SignalAccount["signal"]): Promise<SignalAccount> {
    const { signals } = await this.ask<{ readonly signals: readonly SignalAccount[] }>("/api/v1/pipeline");
    const account = signals.find((candidate) => candidate.signal === signal);
    assert.ok(account !== undefined);
    return account;
  }

  /** Asks every so often until `holds` says yes of the answer, which is returned. */
  async until<Answer>(
    ask: () => Promise<Answer>,
    holds: (answer: Answer) => boolean,
    timeoutMs = WAIT_TIMEOUT_MS,
  ): Promise<Answer> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const answer = await ask();
      if (holds(answer)) return answer;
      assert.ok(performance.now() < deadline, `waited in vain; the last answer was ${JSON.stringify(answer)}`);
      await delay(ASK_EVERY_MS);
    }
  }

  /** Waits for what others see of the service; a wait in vain tells what the service said meanwhile. */
  async whileRunning<Result>(waiting: Promise<Result>): Promise<Result> {
    try {
      return await waiting;
    } catch (cause) {
      const paths = ["/api/v1/alerts", "/api/v1/endpoints", "/api/v1/deliveries"];
      const answers = await Promise.all(paths.map((path) => this.ask(path).catch(String)));
      throw new Error(
        `${String(cause)}\n${this.output}\n${answers.map((answer) => JSON.stringify(answer)).join("\n")}`,
        {
          cause,
        },
      );
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves after the process has ended and all of its output is here. */
  exited(): Promise<Exit> {
    return this.#exited;
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    assert.deepEqual(await this.#exited, { code: null, signal: "SIGKILL" });
  }

  async stop(): Promise<void> {
    this.signal("SIGTERM");
    assert.deepEqual(await this.#exited, { code: 0, signal: null }, this.output);
  }

  /** Ends the process the hard way if it still runs: a test that cares how it ends has seen to it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.signal("SIGKILL");
    await this.#exited;
  }

  get #boundPorts(): Ports {
    assert.ok(this.#ports !== undefined);
    return this.#ports;
  }

  async #waitUntil(holds: () => boolean, timeoutMs: number): Promise<void> {
    await this.#news.until(holds, timeoutMs, () => `authspike said:\n${this.output}`);
  }
}

/** Whether anything listens there. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The banner's addresses, once it is complete. */
function portsIn(text: string): Ports | undefined {
  const [, grpc, http] = /OTLP +grpc \S+:(\d+), http \S+:(\d+)/.exec(text) ?? [];
  const [, api] = /API +http:\/\/\S+:(\d+)\n/.exec(text) ?? [];
  if (grpc === undefined || http === undefined || api === undefined) return undefined;
  return { grpc: Number(grpc), http: Number(http), api: Number(api) };
}
