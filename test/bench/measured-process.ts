/**
 * Another process under the eyes of a bench: started, waited for, and asked what it costs.
 *
 * Figures come from Linux's /proc, because a process measured from within would be measuring itself.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

export type ProcessFacts = {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** What it prints, on either stream, once it is ready. */
  readonly readyWhen: RegExp;
};

const START_MAX_MS = 30_000;
/** `sysconf(_SC_CLK_TCK)`, 100 on every Linux there is. */
const TICKS_PER_SECOND = 100;
const UTIME_FIELD = 11;
const STIME_FIELD = 12;

export class MeasuredProcess implements AsyncDisposable {
  /** What it said when it was ready. */
  readonly announcement: RegExpExecArray;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, announcement: RegExpExecArray) {
    this.#child = child;
    this.announcement = announcement;
  }

  static async start({ command, args, directory, environment, readyWhen }: ProcessFacts): Promise<MeasuredProcess> {
    const child = spawn(command, args, { cwd: directory, env: { PATH: process.env["PATH"] ?? "", ...environment } });
    return new MeasuredProcess(child, await announcementOf(child, readyWhen));
  }

  /** Seconds of processor time that it has used, all threads together. */
  get cpuSeconds(): number {
    // The second field is the command's name in brackets, and may hold spaces.
    const [, rest = ""] = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8").split(") ");
    const fields = rest.split(" ");
    return (Number(fields[UTIME_FIELD]) + Number(fields[STIME_FIELD])) / TICKS_PER_SECOND;
  }

  get residentBytes(): number {
    const [, kibibytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.#child.pid}/status`, "utf8")) ?? [];
    return Number(kibibytes) * 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exited;
  }
}

function announcementOf(child: ChildProcess, readyWhen: RegExp): Promise<RegExpExecArray> {
  let output = "";
  return new Promise((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`${child.spawnfile} ${what}:\n${output}`));
    const deadline = setTimeout(() => fail("was not ready in time"), START_MAX_MS);
    let isReady = false;
    const read = (text: Buffer) => {
      // Read on, or the pipe fills up and the process waits for us.
      if (isReady) return;
      output += text.toString();
      const match = readyWhen.exec(output);
      if (match === null) return;
      isReady = true;
      clearTimeout(deadline);
      resolve(match);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", reject);
    child.once("exit", () => fail("ended"));
  });
}
