/**
 * Appends records without end and says on standard output which are acknowledged, until it is killed.
 *
 * Started with the directory, the first number to append, and how many deliveries to settle.
 */

import { schedule } from "../../../src/io/platform/timers.ts";
import { ForwardQueue } from "../../../src/io/queue/forward-queue.ts";
import { MIB, numbersIn, takingAll, traces } from "./queue-world.ts";

const [directory = "", start = "0"] = process.argv.slice(2);

const queue = await ForwardQueue.open(
  { directory, maxBytes: 256 * MIB, memoryMaxBytes: 16 * MIB, maxAgeMs: 3_600_000, fsync: "never" },
  {
    exporters: takingAll("backend"),
    account: {
      resumed: () => {},
      sent: () => {},
      dropped: (...loss) => process.stdout.write(`lost ${loss.join(" ")}\n`),
    },
    now: Date.now,
    schedule,
    onTrouble: (trouble) => process.stdout.write(`trouble ${JSON.stringify(trouble)}\n`),
  },
);

async function append(): Promise<never> {
  for (let number = Number(start); ; number++) {
    // Of uneven size, so that kills hit records of one page and of many.
    await queue.append(traces(number, 100 + ((number * 7919) % 60_000)));
    process.stdout.write(`kept ${number}\n`);
  }
}

/** Every other batch stays under way for good. */
async function deliver(): Promise<void> {
  for (let isSettled = true; ; isSettled = !isSettled) {
    const batch = await queue.reader("backend", "traces").take();
    if (batch === null) return;
    if (!isSettled) continue;
    batch.settle(0);
    for (const number of numbersIn(batch)) process.stdout.write(`sent ${number}\n`);
  }
}

await Promise.all([append(), deliver()]);
