/** A thread that hands over as much as it may, again and again, and tells each time. */
import { parentPort, workerData } from "node:worker_threads";
import { HandOverWindow } from "../../../../src/io/receivers/threads/hand-over-window.ts";

type Facts = { readonly memory: SharedArrayBuffer; readonly maxBytes: number; readonly sizes: readonly number[] };
const { maxBytes, memory, sizes } = workerData as Facts;

const window = new HandOverWindow(memory, maxBytes);
for (const size of sizes) {
  window.waitForRoom(size);
  window.handedOver(size);
  parentPort?.postMessage(size);
}
