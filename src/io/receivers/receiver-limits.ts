/**
 * What the requests under way of one receiver may take together, however many threads serve it.
 */
import { createBudgetMemory, SharedBudget } from "./shared-budget.ts";

const UNITS = {
  /** Of bodies that are still arriving: two of the largest that can be allowed, thousands of usual ones. */
  arrivingBytes: 256 * 1024 * 1024,
  /** To unpack one that is large. It may come to the largest request, and to twice that if it lied about its size. */
  unpackingTurns: 1,
  /** Of those that wait for such a turn; they hold their packed bodies. */
  waitingBodies: 64,
  waitingBytes: 64 * 1024 * 1024,
} as const;

/** Beyond this, new connections are closed at once. */
const CONNECTIONS_MAX = 10_000;

type BudgetName = keyof typeof UNITS;

export type ReceiverLimits = Readonly<Record<BudgetName, SharedBudget>> & { readonly connectionsMax: number };

/** What crosses to the threads. */
export type LimitsMemory = Readonly<Record<BudgetName, SharedArrayBuffer>> & { readonly threadCount: number };

export function createLimitsMemory(threadCount: number): LimitsMemory {
  return { ...forEachBudget((name) => createBudgetMemory(UNITS[name], threadCount)), threadCount };
}

/** Threads are counted from 0. */
export function receiverLimits(memory: LimitsMemory, thread: number): ReceiverLimits {
  const budgets = forEachBudget((name) => new SharedBudget(memory[name], thread));
  return { ...budgets, connectionsMax: Math.ceil(CONNECTIONS_MAX / memory.threadCount) };
}

/** Of a receiver in one thread. */
export function ownReceiverLimits(): ReceiverLimits {
  return receiverLimits(createLimitsMemory(1), 0);
}

/** After the thread has died. */
export function giveBackAll(memory: LimitsMemory, thread: number): void {
  const limits = receiverLimits(memory, thread);
  forEachBudget((name) => limits[name].giveBackAll());
}

function forEachBudget<Result>(make: (name: BudgetName) => Result): Readonly<Record<BudgetName, Result>> {
  return {
    arrivingBytes: make("arrivingBytes"),
    unpackingTurns: make("unpackingTurns"),
    waitingBodies: make("waitingBodies"),
    waitingBytes: make("waitingBytes"),
  };
}
