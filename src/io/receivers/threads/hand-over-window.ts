/**
 * How far a receiver thread may run ahead of the main thread, in bytes.
 *
 * A thread that is too far ahead stands still. So its sockets are not read, and senders feel that
 * authspike is busy as they would without threads: by the flow control of TCP, where turning requests
 * away would lose data.
 */
export class HandOverWindow {
  readonly #ahead: Int32Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer) {
    this.#ahead = new Int32Array(memory);
  }

  static createMemory(): SharedArrayBuffer {
    return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  }

  /** Whether another request fits. One that is larger than the window fits when nothing else is in it. */
  hasRoomFor(byteCount: number, maxBytes: number): boolean {
    const ahead = Atomics.load(this.#ahead, 0);
    return ahead === 0 || ahead + byteCount <= maxBytes;
  }

  /** Blocks the thread; never called by the main one. */
  waitForRoom(byteCount: number, maxBytes: number): void {
    for (;;) {
      const ahead = Atomics.load(this.#ahead, 0);
      if (ahead === 0 || ahead + byteCount <= maxBytes) return;
      Atomics.wait(this.#ahead, 0, ahead);
    }
  }

  handedOver(byteCount: number): void {
    Atomics.add(this.#ahead, 0, byteCount);
  }

  taken(byteCount: number): void {
    Atomics.sub(this.#ahead, 0, byteCount);
    Atomics.notify(this.#ahead, 0);
  }
}
