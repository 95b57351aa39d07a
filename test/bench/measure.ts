/**
 * Measures work on this thread in processor time.
 *
 * Processor time, not the clock on the wall: on a machine that others use as well, a thread that waits
 * for its turn is not slow. Time of the garbage collector's threads is in it.
 */

/** Seconds of processor time that this process has used, all threads together. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export type Work = { readonly name: string; readonly itemsPerCall: number; readonly call: () => void };

const ROUNDS = 5;
const ROUND_SECONDS = 0.4;

/**
 * Items per CPU-second of each work, the best of some rounds: whatever else happens only slows it. The
 * works take turns, so that a busy moment of the machine does not fall on one of them alone.
 */
export function itemsPerCpuSecond(works: readonly Work[]): readonly number[] {
  const best = works.map(() => 0);
  for (let round = 0; round < ROUNDS; round++) {
    works.forEach((work, index) => {
      best[index] = Math.max(best[index] ?? 0, measureRound(work));
    });
  }
  return best;
}

function measureRound({ itemsPerCall, call }: Work): number {
  const startedAt = cpuSeconds();
  let calls = 0;
  let elapsed = 0;
  // Looking at the clock costs microseconds: not after every call.
  for (let portion = 1; elapsed < ROUND_SECONDS; portion = nextPortion(portion, elapsed)) {
    for (let index = 0; index < portion; index++) call();
    calls += portion;
    elapsed = cpuSeconds() - startedAt;
  }
  return (calls * itemsPerCall) / elapsed;
}

function nextPortion(portion: number, elapsed: number): number {
  return elapsed < ROUND_SECONDS / 20 ? portion * 2 : portion;
}
