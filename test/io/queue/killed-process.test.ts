import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { drain, QueueWorld } from "./queue-world.ts";

const childPath = fileURLToPath(new URL("appending-child.ts", import.meta.url));

/** Runs the child until it has acknowledged so many records, kills it, and returns what it said. */
async function appendUntilKilled(directory: string, start: number, count: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, ["--import", "tsx", childPath, directory, String(start)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  let keptCount = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith("kept") && ++keptCount === count) child.kill("SIGKILL");
  }
  return lines;
}

function numbersAfter(word: string, lines: readonly string[]): number[] {
  return lines.filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.slice(word.length + 1)));
}

test("whenever the process is killed, everything it acknowledged is there afterwards, in order", async () => {
  await using world = await QueueWorld.create();
  const kept: number[] = [];
  const sent = new Set<number>();
  // Where in a write the kill falls is up to the machine; that it falls somewhere else each time is enough.
  for (const count of [1, 37, 160, 451]) {
    const lines = await appendUntilKilled(world.directory, (kept.at(-1) ?? -1) + 10, count);
    assert.deepEqual(
      lines.filter((line) => /^(lost|trouble)/.test(line)),
      [],
    );
    kept.push(...numbersAfter("kept", lines));
    for (const number of numbersAfter("sent", lines)) sent.add(number);
  }
  const queue = await world.open({ maxBytes: 2 ** 28 });
  const left = await drain(world, queue);
  const found = new Set(left);
  assert.deepEqual(
    kept.filter((number) => !found.has(number) && !sent.has(number)),
    [],
  );
  // A record that was being written when the kill came may be there though nobody was told.
  assert.deepEqual(
    left.toSorted((one, other) => one - other),
    left,
  );
  assert.equal(found.size, left.length);
  assert.equal(world.total("traces", "backend", "dropped"), 0);
});
