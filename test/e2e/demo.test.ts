/**
 * The demo as a program runs it: the whole product end to end, with real processes, sockets and files.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../bin/authspike.js", import.meta.url));

function demo(...options: readonly string[]) {
  return spawn(process.execPath, [PROGRAM, "demo", ...options], { stdio: ["ignore", "pipe", "inherit"] });
}

test("an attack is paged for and resolved, nothing is lost, and a bad rule file changes nothing", async () => {
  await using occupied = createServer().listen(4317, "127.0.0.1");
  await once(occupied, "listening").catch(() => {});
  const child = demo("--ci");
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, "close")) as [number];
  const printed = Buffer.concat(chunks).toString("utf8");
  const account: unknown = JSON.parse(printed);
  assert.partialDeepStrictEqual(account, {
    ok: true,
    broken_claims: [],
    spans: { dropped: 0, balanced: true },
    pages: { triggers: 1, resolves: 1 },
    alert: { rule: "login-401", endpoint: "POST /login", severity: "critical", resolve_reason: "recovered" },
    alert_events: ["authspike.alert.firing", "authspike.alert.resolved"],
    rule_edits: {
      kept_old_rules: true,
      accepted: "~ rule login-401: keep_firing_for 5m → 15s",
    },
  });
  assert.match(printed, /"refused": "rules\/login\.yaml:\d+:22: error AS201: duration \\"15\\" needs a unit/);
  assert.equal(code, 0, printed);
});

test("Ctrl-C ends everything and leaves nothing behind", async () => {
  const child = demo("--no-color", "--port-base", "14317");
  let directory = "";
  let told = "";
  for await (const line of createInterface({ input: child.stdout })) {
    told += `${line}\n`;
    directory ||= /^ {2}files +(\S+)/.exec(line)?.[1] ?? "";
    // The child process is under way by then.
    if (line.includes("ATTACK")) child.kill("SIGINT");
  }
  if (child.exitCode === null) await once(child, "close");
  assert.equal(child.exitCode, 0, told);
  assert.match(told, /\n {2}OTLP +grpc 127\.0\.0\.1:14\d{3}, http 127\.0\.0\.1:14\d{3}\n/);
  assert.match(told, /\nstopped; everything the demo started has ended\n$/);
  assert.ok(directory !== "" && !existsSync(directory), directory);
});
