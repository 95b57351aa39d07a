/** A socket for senders that keep to no protocol: writes what it is told, and remembers what comes back. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";

const ANSWER_KEPT_MAX_BYTES = 64 * 1024;

export class RawConnection {
  readonly socket: Socket;
  /** Resolves when the connection has ended, whoever ended it and however. */
  readonly closed: Promise<void>;
  #answer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    // Being cut off is what is expected here.
    socket.on("error", () => {});
    socket.once("end", () => socket.end());
    socket.on("data", (chunk: Buffer) => {
      if (this.#answer.length < ANSWER_KEPT_MAX_BYTES) this.#answer = Buffer.concat([this.#answer, chunk]);
    });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const connection = new RawConnection(socket);
    await once(socket, "connect");
    return connection;
  }

  static openMany(port: number, count: number): Promise<RawConnection[]> {
    return Promise.all(Array.from({ length: count }, () => RawConnection.open(port)));
  }

  get answer(): string {
    return this.#answer.toString("latin1");
  }

  /** Resolves when the kernel has taken the bytes, or the connection is gone. */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.socket.destroyed) return;
    await Promise.race([new Promise<void>((resolve) => this.socket.write(bytes, () => resolve())), this.closed]);
  }

  /** Says that nothing more will come, and goes on listening. */
  finish(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
  }
}
