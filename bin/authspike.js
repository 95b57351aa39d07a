#!/usr/bin/env node
/**
 * Starts authspike on a Node that can run it.
 *
 * Plain JavaScript, valid on Nodes too old for the rest: better-sqlite3 ends such a Node with a segmentation
 * fault and no message, so the version is settled before anything else is imported.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const pinnedNode = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));

if (canRunAuthspike(process.versions.node)) {
  if (isCollector() && process.env.MALLOC_ARENA_MAX === undefined) beginAnewWith({ MALLOC_ARENA_MAX: "2" });
  if (module.enableCompileCache) module.enableCompileCache();
  // A checkout runs its sources (Node strips the types), so that a stale build never hides an edit; the published
  // package holds the build alone.
  const source = new URL("../src/main.ts", import.meta.url);
  await import(existsSync(source) ? source.href : new URL("../dist/main.js", import.meta.url).href);
} else if (existsSync(pinnedNode)) {
  runWith(pinnedNode);
} else {
  process.stderr.write(`authspike needs Node 22.15 or newer; this is Node ${process.versions.node}\n`);
  process.exitCode = 1;
}

function canRunAuthspike(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 15);
}

/** With a parent that talks to it over a channel it would lose that. */
function isCollector() {
  return process.argv[2] === "run" && process.platform === "linux" && process.channel === undefined;
}

/**
 * The same process again with more in its environment; returns where that cannot be done. The C library gives
 * every thread a heap of its own and frees little of it: two of them instead of up to eight for each core
 * take 25 to 30 MB less of 190, for 40 ms at the start. It reads its environment once, before anything of ours.
 */
function beginAnewWith(variables) {
  if (process.execve === undefined) return;
  try {
    const { argv, execArgv, execPath, env } = process;
    process.execve(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...env, ...variables });
  } catch {
    // A sandbox may forbid it. It is only about memory.
  }
}

function runWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  const atTerminal = process.stdin.isTTY === true;
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) {
    // A terminal sends Ctrl-C and its own closing to the child as well; passed on, they would arrive twice.
    process.on(signal, () => {
      if (!atTerminal || signal === "SIGTERM") child.kill(signal);
    });
  }
  child.on("error", (error) => {
    process.stderr.write(`authspike cannot start ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
