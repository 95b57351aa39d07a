/** A thread that takes a turn again and again, and tells how many at most were taken while it had one. */
import { parentPort, workerData } from "node:worker_threads";
import { SharedBudget } from "../../../src/io/receivers/shared-budget.ts";

const TIMES = 500;

type Facts = { readonly memory: SharedArrayBuffer; readonly holder: number };
const { memory, holder } = workerData as Facts;

const budget = new SharedBudget(memory, holder);
const cells = new Int32Array(memory);
let most = 0;
for (let time = 0; time < TIMES; time++) {
  await budget.take(1);
  const held = cells.slice(1).reduce((sum, count) => sum + count, 0);
  most = Math.max(most, held);
  if (time % 10 === 0) await new Promise(setImmediate);
  budget.giveBack(1);
}
parentPort?.postMessage(most);
