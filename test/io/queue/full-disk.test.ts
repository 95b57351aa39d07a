import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { drain, MIB, QueueWorld, traces } from "./queue-world.ts";

const DISK_MIB = 6;

/** Puts a small disk in the directory's place; null where that is not allowed. */
function mountSmallDisk(directory: string): AsyncDisposable | null {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "tmpfs", directory], { stdio: "ignore" });
  } catch {
    return null;
  }
  const unmount = () => execFileSync("umount", [directory]);
  return { [Symbol.asyncDispose]: async () => void unmount() };
}

test("a disk smaller than the bound is used as a ring: the newest stays, the oldest goes", async (context) => {
  await using world = await QueueWorld.create();
  await using disk = mountSmallDisk(world.directory);
  if (disk === null) return context.skip("needs the right to mount a file system");
  const queue = await world.open({ maxBytes: 32 * MIB, memoryMaxBytes: 4 * MIB, fsync: "interval" });
  for (let number = 0; number < 200; number++) {
    await queue.append(traces(number, 100_000));
    await world.time.advance(100);
  }
  assert.ok(queue.sizeBytes.disk > 2 * MIB, "the disk is in use");
  const numbers = await drain(world, queue);
  assert.deepEqual(
    numbers,
    Array.from({ length: numbers.length }, (_, index) => 200 - numbers.length + index),
  );
  assert.ok(numbers.length > 40, `${numbers.length} kept`);
  assert.equal(world.total("traces", "backend", "dropped"), 200 - numbers.length);
  // Closed before the disk is taken away.
  await queue[Symbol.asyncDispose]();
});
