/** The service as users start it, in a directory and a process of its own; RECEIVER_THREADS says how many receive. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MeasuredProcess } from "./measured-process.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/authspike.js", import.meta.url));
const ANY_PORT = { endpoint: "127.0.0.1:0" };

export type ServiceFacts = {
  /** Added to a configuration that listens on free ports of this machine. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** By file name. */
  readonly rules: Readonly<Record<string, string>>;
};

export type Receivers = { readonly grpcUrl: string; readonly httpUrl: string };

export class ServiceProcess implements AsyncDisposable {
  readonly process: MeasuredProcess;
  readonly #directory: string;

  private constructor(process: MeasuredProcess, directory: string) {
    this.process = process;
    this.#directory = directory;
  }

  static async start({ settings, rules }: ServiceFacts): Promise<ServiceProcess> {
    const directory = mkdtempSync(join(tmpdir(), "authspike-bench-"));
    mkdirSync(join(directory, "rules"));
    for (const [file, text] of Object.entries(rules)) writeFileSync(join(directory, "rules", file), text);
    const threads = process.env["RECEIVER_THREADS"] ?? "auto";
    const config = { receivers: { grpc: ANY_PORT, http: ANY_PORT, threads }, api: ANY_PORT, ...settings };
    // JSON is YAML, too.
    writeFileSync(join(directory, "authspike.yaml"), JSON.stringify(config));
    const measured = await MeasuredProcess.start({
      command: process.execPath,
      args: [PROGRAM, "run", "-c", "authspike.yaml"],
      directory,
      readyWhen: /OTLP +grpc (\S+), http (\S+)\n/,
    });
    return new ServiceProcess(measured, directory);
  }

  get receivers(): Receivers {
    const [, grpc, http] = this.process.announcement;
    return { grpcUrl: `http://${grpc}`, httpUrl: `http://${http}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
