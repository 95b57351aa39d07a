import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Store } from "../../../src/io/sqlite/store.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const writerPath = fileURLToPath(new URL("./crash-writer.ts", import.meta.url));

/** Lets the writer work until it has told of `commitCount` commits, then kills it wherever it is. */
async function writeUntilKilled(directory: string, start: number, commitCount: number): Promise<number> {
  const writer = spawn(process.execPath, ["--import", "tsx", writerPath, directory, String(start)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(writer, "exit");
  let lastTold = start - 1;
  for await (const line of createInterface({ input: writer.stdout })) {
    lastTold = Number(line);
    if (lastTold - start + 1 === commitCount) writer.kill("SIGKILL");
  }
  await exited;
  return lastTold;
}

test("after kill -9 at any moment each commit is there whole or not at all, and none that was told is gone", async () => {
  using temporary = temporaryDirectory();
  let next = 0;
  for (const commitCount of [1, 7, 40]) {
    const lastTold = await writeUntilKilled(temporary.path, next, commitCount);
    using store = Store.open(temporary.path);
    assert.equal(store.setAside, null);
    const kept = store.alerts.recentAlerts(10_000).length;
    // One more than was told may be there: killed after the commit and before the line.
    assert.ok(kept === lastTold + 1 || kept === lastTold + 2, `${kept} kept, ${lastTold + 1} told`);
    assert.equal(store.alerts.recentTransitions(10_000).length, kept);
    const pages = store.outbox.pending(0, 100_000);
    assert.equal(pages.length, 2 * kept);
    assert.deepEqual(
      pages.map(({ alertId }) => alertId),
      Array.from({ length: 2 * kept }, (_, index) => `alert ${Math.floor(index / 2)}`),
    );
    next = kept;
  }
});
