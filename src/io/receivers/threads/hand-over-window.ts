/**
 * How far a receiver thread may run ahead of the main thread, in bytes.
 *
 * A thread that is too far ahead stands still. So its sockets are not read, and senders feel that
 * authspike is busy as they would without threads: by the flow control of TCP, where turning requests
 * away would lose data.
 */
const AHEAD = 0;
/** 1 while the thread stands still. */
const STANDING = 1;
const CELLS = 2;

export class HandOverWindow {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #maxBytes: number;

  constructor(memory: SharedArrayBuffer, maxBytes: number) {
    this.#cells = new Int32Array(memory);
    this.#maxBytes = maxBytes;
  }

  static createMemory(): SharedArrayBuffer {
    return new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT);
  }

  /** Whether another request fits. One that is larger than the window fits when nothing else is in it. */
  hasRoomFor(byteCount: number): boolean {
    const ahead = Atomics.load(this.#cells, AHEAD);
    return ahead === 0 || ahead + byteCount <= this.#maxBytes;
  }

  /** Blocks the thread; never called by the main one. */
  waitForRoom(byteCount: number): void {
    for (;;) {
      // Said before it is looked at, or the main thread could take the last of it in between and wake nobody.
      Atomics.store(this.#cells, STANDING, 1);
      if (this.hasRoomFor(byteCount)) break;
      Atomics.wait(this.#cells, STANDING, 1);
    }
    Atomics.store(this.#cells, STANDING, 0);
  }

  handedOver(byteCount: number): void {
    Atomics.add(this.#cells, AHEAD, byteCount);
  }

  /** Wakes the thread when half of the window is free: to wake it for every request took 5 % of the main thread. */
  taken(byteCount: number): void {
    const ahead = Atomics.sub(this.#cells, AHEAD, byteCount) - byteCount;
    if (ahead > this.#maxBytes / 2) return;
    if (Atomics.exchange(this.#cells, STANDING, 0) === 1) Atomics.notify(this.#cells, STANDING);
  }
}
