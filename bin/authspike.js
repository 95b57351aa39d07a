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
