import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../scripts/ensure-installed.mjs", import.meta.url));
const workingNpm = 'echo "$@" >> npm-calls; mkdir -p node_modules';
const failingNpm = 'echo "npm error the registry is unreachable" >&2; exit 7';

test("a checkout without dependencies is installed once, with one line", (t) => {
  const checkout = makeCheckout(t, workingNpm);

  const first = checkout.run();
  assert.equal(first.status, 0);
  assert.match(first.stderr, /^authspike: installing dependencies .*\n$/);
  assert.equal(first.stdout, "");

  const second = checkout.run();
  assert.deepEqual([second.status, second.stderr, second.stdout], [0, "", ""]);
  assert.equal(checkout.npmCalls().length, 1);
  assert.match(checkout.npmCalls()[0] ?? "", /^ci --include=dev /);
});

test("a changed lock file is installed again", (t) => {
  const checkout = makeCheckout(t, workingNpm);
  checkout.run();
  checkout.writeLock("another");
  checkout.run();
  assert.equal(checkout.npmCalls().length, 2);
});

test("a failed installation says so, fails, and is tried again", (t) => {
  const checkout = makeCheckout(t, failingNpm);
  for (const attempt of [1, 2]) {
    const result = checkout.run();
    assert.equal(result.status, 1, `attempt ${attempt}`);
    assert.match(result.stderr, /the registry is unreachable\nauthspike: npm ci failed/);
  }
});

/** A project folder with the script, a lock file, and an npm that does what the shell line says. */
function makeCheckout(t: TestContext, npm: string) {
  const root = mkdtempSync(join(tmpdir(), "authspike-install-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const folder of ["scripts", "tools"]) mkdirSync(join(root, folder));
  copyFileSync(script, join(root, "scripts", "ensure-installed.mjs"));
  writeFileSync(join(root, "tools", "npm"), `#!/bin/sh\n${npm}\n`, { mode: 0o755 });
  const writeLock = (text: string) => writeFileSync(join(root, "package-lock.json"), text);
  writeLock("one");
  const env = { ...process.env, PATH: `${join(root, "tools")}${delimiter}${process.env["PATH"] ?? ""}` };
  const callsFile = join(root, "npm-calls");
  return {
    writeLock,
    run: () => spawnSync(process.execPath, ["scripts/ensure-installed.mjs"], { cwd: root, env, encoding: "utf8" }),
    npmCalls: () => (existsSync(callsFile) ? readFileSync(callsFile, "utf8").trim().split("\n") : []),
  };
}
