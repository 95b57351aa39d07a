/** Something to be done every so often, never twice at once, until it is disposed of. */
import type { QueueParts } from "./queue-settings.ts";

export class Chore implements AsyncDisposable {
  readonly #schedule: QueueParts["schedule"];
  readonly #intervalMs: number;
  readonly #action: () => Promise<void>;
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #isDisposed = false;

  /** `action` must not reject. */
  constructor(schedule: QueueParts["schedule"], intervalMs: number, action: () => Promise<void>) {
    this.#schedule = schedule;
    this.#intervalMs = intervalMs;
    this.#action = action;
    this.#wait();
  }

  /** Resolves when it is not being done any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#cancel();
    await this.#running;
  }

  #wait(): void {
    this.#cancel = this.#schedule(this.#intervalMs, () => {
      this.#running = this.#action().finally(() => {
        if (!this.#isDisposed) this.#wait();
      });
    });
  }
}
