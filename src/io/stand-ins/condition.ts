/**
 * Waiting for what another party does: the waiter's question is asked again after every change, so
 * nobody polls and nobody sleeps.
 */
export class WaitTimeoutError extends Error {
  override readonly name = "WaitTimeoutError";
}

type Waiter = { readonly holds: () => boolean; readonly settle: PromiseWithResolvers<void> };

export class Condition {
  readonly #waiters = new Set<Waiter>();

  /** To be called after every change that somebody may wait for. */
  changed(): void {
    for (const waiter of this.#waiters) {
      try {
        if (waiter.holds()) waiter.settle.resolve();
      } catch (error) {
        // A question that fails is the waiter's trouble, not that of the server that asked it.
        waiter.settle.reject(error);
      }
    }
  }

  /** Resolves once `holds` does. Rejects with a WaitTimeoutError that says what was there instead. */
  async until(holds: () => boolean, timeoutMs: number, describeState: () => string): Promise<void> {
    if (holds()) return;
    const waiter = { holds, settle: Promise.withResolvers<void>() };
    const timer = setTimeout(() => {
      waiter.settle.reject(new WaitTimeoutError(`waited ${timeoutMs} ms in vain; ${describeState()}`));
    }, timeoutMs);
    this.#waiters.add(waiter);
    try {
      await waiter.settle.promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }
}
