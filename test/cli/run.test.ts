/** The whole process as a person starts and stops it. */
import assert from "node:assert/strict";
import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("../../bin/authspike.js", import.meta.url));
const RULE = '{match: {}, count: {http_status: 401}, severity: error, runbook: "https://runbooks.example.com"}';

class Process {
  readonly directory = mkdtempSync(join(tmpdir(), "authspike-run-"));
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #output = "";

  constructor(variables: Readonly<Record<string, string>> = {}) {
    this.writeRules(["a"]);
    const environment = {
      AUTHSPIKE_RECEIVERS_GRPC_ENDPOINT: "localhost:0",
      AUTHSPIKE_RECEIVERS_HTTP_ENDPOINT: "localhost:0",
      AUTHSPIKE_API_ENDPOINT: "localhost:0",
      AUTHSPIKE_LOG_FORMAT: "json",
      PATH: process.env["PATH"] ?? "",
    };
    this.#child = spawn(process.execPath, [entry, "run"], {
      cwd: this.directory,
      env: { ...environment, AUTHSPIKE_RULES_DIRECTORY: this.directory, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        this.#child.emit("output");
      });
    }
  }

  writeRules(ids: readonly string[]): void {
    const rules = ids.map((id) => `  - {id: ${id}, ${RULE.slice(1)}`).join("\n");
    writeFileSync(join(this.directory, "rules.yaml"), `rules:\n${rules}\n`);
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#output);
      if (found !== null) return found;
      if (this.#hasEnded) assert.fail(`ended without ${pattern}:\n${this.#output}`);
      await Promise.race([once(this.#child, "output"), once(this.#child, "close")]);
    }
  }

  /** What the C library of the running process was told at its start. */
  get environment(): readonly string[] {
    return readFileSync(`/proc/${this.#child.pid}/environ`, "utf8").split("\0");
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The exit code, or the signal that ended it, and everything it said. */
  async ended(): Promise<{ readonly how: unknown; readonly output: string }> {
    if (!this.#hasEnded) await once(this.#child, "close");
    return { how: this.#child.exitCode ?? this.#child.signalCode, output: this.#output };
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

test("it starts on defaults, says where it is and what it will not do, and stops when asked", async () => {
  await using authspike = new Process();
  const [, address = ""] = await authspike.until(/API {6}(http:\S+)\n/);
  await authspike.until(/forward {2}nowhere: no exporter is configured, so spans are analysed and not forwarded\n/);
  assert.equal((await fetch(`${address}/readyz`)).status, 200);
  authspike.signal("SIGTERM");
  assert.equal((await authspike.ended()).how, 0);
});

const onLinux = { skip: process.platform !== "linux" };
test(
  "on Linux it runs with few heaps for threads, unless told how many, in the process that was started",
  onLinux,
  async () => {
    await using authspike = new Process();
    await using told = new Process({ MALLOC_ARENA_MAX: "5" });
    await Promise.all([authspike.until(/rules {4}1 from /), told.until(/rules {4}1 from /)]);
    assert.ok(authspike.environment.includes("MALLOC_ARENA_MAX=2"));
    assert.ok(told.environment.includes("MALLOC_ARENA_MAX=5"));
  },
);

test("SIGHUP takes the rules that are there now", async () => {
  await using authspike = new Process();
  await authspike.until(/rules {4}1 from /);
  authspike.writeRules(["a", "b"]);
  authspike.signal("SIGHUP");
  await authspike.until(/"rules":2,/);
});

test("a bad configuration is told whole, and nothing is started", async () => {
  await using authspike = new Process({ AUTHSPIKE_LOG_LEVEL: "loud", AUTHSPIKE_API_ENDPOINT: "8401" });
  const { how, output } = await authspike.ended();
  assert.equal(how, 78);
  assert.match(output, /^AUTHSPIKE_API_ENDPOINT: error AS202: .*\nAUTHSPIKE_LOG_LEVEL: error AS204: .*\n$/);
});

test("a port that is taken is one sentence, not a stack trace", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  other.unref();
  await once(other, "listening");
  const bound = other.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  for (const setting of ["AUTHSPIKE_API_ENDPOINT", "AUTHSPIKE_RECEIVERS_HTTP_ENDPOINT"]) {
    await using authspike = new Process({ [setting]: `127.0.0.1:${port}` });
    const { how, output } = await authspike.ended();
    assert.equal(how, 1, output);
    assert.match(
      output,
      /authspike cannot start: cannot listen on 127\.0\.0\.1:\d+ \(\S+\): another process has the port\n/,
    );
    assert.doesNotMatch(output, / {4}at /);
  }
});
