/**
 * Waiting for what another party does: the waiter's question is asked again after every change, so
 * nobody polls and nobody sleeps.
 */
export class WaitTimeoutError extends Error {
  override readonly name = "WaitTimeoutError";
}

type Waiter = { readonly holds: () => boolean; readonly resolve: () => void };

export class Condition {
  readonly #waiters = new Set<Waiter>();

  /** To be called after every change that somebody may wait for. */
  changed(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.holds()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /** Resolves once `holds` does. Rejects with a WaitTimeoutError that says what was awaited. */
  async until(holds: () => boolean, timeoutMs: number, describeState: () => string): Promise<void> {
    if (holds()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { holds, resolve };
    const timer = setTimeout(() => {
      reject(new WaitTimeoutError(`waited ${timeoutMs} ms for something that did not happen; ${describeState()}`));
    }, timeoutMs);
    this.#waiters.add(waiter);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }
}
