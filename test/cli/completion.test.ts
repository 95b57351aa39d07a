import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { commandWorld } from "../support/command-world.ts";

async function completion(shell: string) {
  const { context, printed, complained } = commandWorld();
  const code = await runCommandLine(["completion", shell], {}, context);
  return { code, script: printed(), complained: complained() };
}

const hasBash = spawnSync("bash", ["--version"]).status === 0;

test("bash completes commands, commands below them, and flags", { skip: !hasBash }, async () => {
  const { script } = await completion("bash");
  const complete = (...words: readonly string[]) => {
    const typed = ["authspike", ...words];
    const asked = `COMP_WORDS=(${typed.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _authspike`;
    const result = spawnSync("bash", ["-c", `${script}\n${asked}; printf '%s\\n' "\${COMPREPLY[@]}"`], {
      encoding: "utf8",
    });
    assert.equal(result.stderr, "");
    return result.stdout.trim().split("\n");
  };
  assert.deepEqual(complete("ru"), ["run", "rules"]);
  assert.deepEqual(complete("rules", "s"), ["show", "schema", "status"]);
  assert.deepEqual(complete("rules", "--any", "check", "--st"), ["--strict"]);
  assert.deepEqual(complete("run", "--log-l"), ["--log-level"]);
});

test("zsh and fish get scripts that name every command", async () => {
  for (const shell of ["zsh", "fish"]) {
    const { code, script } = await completion(shell);
    assert.equal(code, 0);
    for (const word of ["backtest", "print-config", "healthcheck", "doctor"])
      assert.match(script, new RegExp(word), shell);
  }
});

test("an unknown shell is a usage error", async () => {
  const { code, complained } = await completion("fisch");
  assert.deepEqual([code, complained], [2, 'no completions for "fisch"; did you mean "fish"?\n']);
});
