/**
 * `authspike traffic` as a process of its own: what the demo receives has crossed sockets and was sent
 * by somebody else.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { SECOND_MS } from "../../core/time.ts";
import type { ScenarioName } from "../../io/traffic/scenarios.ts";
import type { TrafficReport } from "../../io/traffic/send-traffic.ts";
import type { TrafficEvent } from "../traffic.ts";
import { DemoError } from "./demo-error.ts";

export type TrafficChildOptions = {
  readonly scenario: ScenarioName;
  readonly grpc: string;
  readonly http: string;
  readonly rate: number;
  readonly durationMs: number;
  readonly troubleAfterMs: number;
  readonly troubleForMs: number;
  readonly seed: number;
};

/** The same place from the sources and from the build. */
const PROGRAM = fileURLToPath(new URL("../../../bin/authspike.js", import.meta.url));

export class TrafficChild {
  readonly #process: ChildProcess;
  readonly #events = new Map<TrafficEvent["event"], PromiseWithResolvers<TrafficEvent>>();
  #complaint = "";

  constructor(options: TrafficChildOptions) {
    this.#process = spawn(process.execPath, [PROGRAM, ...argumentsFor(options)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process.stderr?.on("data", (chunk: Buffer) => {
      this.#complaint += chunk.toString("utf8");
    });
    this.#readEvents();
    this.#process.once("error", (error) => this.#fail(error));
    this.#process.once("close", (code) =>
      this.#fail(new DemoError(`the traffic ended with ${code}: ${this.#complaint.trim()}`)),
    );
  }

  async troubleBegins(): Promise<TrafficEvent> {
    return this.#event("trouble_begins").promise;
  }

  async troubleEnds(): Promise<TrafficEvent> {
    return this.#event("trouble_ends").promise;
  }

  /** Ends the traffic if it has not ended; what was under way is waited for and counted. */
  async finish(): Promise<TrafficReport> {
    this.#process.kill("SIGTERM");
    const event = await this.#event("finished").promise;
    if (event.event !== "finished") throw new Error("the last event is the report");
    return event;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const closed = once(this.#process, "close");
    this.#process.kill("SIGTERM");
    await closed;
  }

  #readEvents(): void {
    const { stdout } = this.#process;
    if (stdout === null) return;
    createInterface({ input: stdout }).on("line", (line) => {
      const event = JSON.parse(line) as TrafficEvent;
      this.#event(event.event).resolve(event);
    });
  }

  #event(name: TrafficEvent["event"]): PromiseWithResolvers<TrafficEvent> {
    const known = this.#events.get(name);
    if (known !== undefined) return known;
    const event = Promise.withResolvers<TrafficEvent>();
    // Nobody may be waiting for it when the process fails; whoever is, learns so.
    event.promise.catch(() => {});
    this.#events.set(name, event);
    return event;
  }

  #fail(error: Error): void {
    for (const name of ["trouble_begins", "trouble_ends", "finished"] as const) this.#event(name).reject(error);
  }
}

function argumentsFor(options: TrafficChildOptions): readonly string[] {
  const seconds = (milliseconds: number) => `${milliseconds / SECOND_MS}s`;
  return [
    "traffic",
    ...["--scenario", options.scenario],
    ...["--grpc", options.grpc],
    ...["--http", options.http],
    ...["--rate", String(options.rate)],
    ...["--duration", seconds(options.durationMs)],
    ...["--trouble-after", seconds(options.troubleAfterMs)],
    ...["--trouble-for", seconds(options.troubleForMs)],
    ...["--seed", String(options.seed)],
    ...["--output", "ndjson"],
  ];
}
