/**
 * Receivers in threads of their own, so that TLS, HTTP, unpacking and JSON leave the main thread's core to
 * the engine and the queue, and a request that is heavy to read holds up none that is light.
 *
 * Every thread listens on the same ports, and the system deals out the connections among them. A thread
 * that dies is replaced; meanwhile the others take its senders' new connections.
 */
import { createServer } from "node:net";
import { assert } from "../../../core/assert.ts";
import { closeAll, listen } from "../listen.ts";
import { createLimitsMemory, giveBackAll } from "../receiver-limits.ts";
import { ReceiverThread } from "./receiver-thread.ts";
import type { Refusals } from "./refusal-tally.ts";
import { RefusalTally } from "./refusal-tally.ts";
import { TakingTurns } from "./taking-turns.ts";
import type { MainDoor, ReceiversAddresses, ReceiversSettings, ThreadFacts } from "./thread-messages.ts";

export type ReceiverThreadsParts = {
  readonly threadCount: number;
  /** Of each thread. Beyond it the thread dies and the process goes on; bodies under way lie outside. */
  readonly heapMaxMb: number;
  readonly door: MainDoor;
  readonly schedule: (delayMs: number, action: () => void) => () => void;
  /** What a thread had not answered was never acknowledged. Another one is on its way. */
  readonly onDeath: (error: Error) => void;
  readonly onReplaced: () => void;
};

/** Of all threads: what may wait for the main one, some tens of milliseconds of its work. */
const WINDOW_MAX_BYTES = 4 * 1024 * 1024;
/** Receivers give themselves five seconds. */
const STOP_MAX_MS = 6000;
/** One that dies at once would keep a core busy with dying. */
const REPLACE_DELAY_MS = 1000;

export class ReceiverThreads implements AsyncDisposable {
  readonly #parts: ReceiverThreadsParts;
  readonly #facts: Omit<ThreadFacts, "window" | "number">;
  readonly #refusals: RefusalTally;
  /** Those that have begun and not ended, by number, and since when. */
  readonly #threads = new Map<number, { readonly thread: ReceiverThread; readonly begunAt: number }>();
  readonly #listening = new Set<number>();
  readonly #turns = new TakingTurns<() => void>((take) => take());
  readonly #replacements = new Map<number, () => void>();
  #settings: ReceiversSettings;
  #state: "starting" | "running" | "stopping" = "starting";

  private constructor(settings: ReceiversSettings, parts: ReceiverThreadsParts) {
    const { threadCount } = parts;
    const refusals = RefusalTally.createMemory();
    this.#settings = settings;
    this.#parts = parts;
    this.#refusals = new RefusalTally(refusals);
    this.#facts = {
      limits: { grpc: createLimitsMemory(threadCount), http: createLimitsMemory(threadCount) },
      refusals,
      windowMaxBytes: Math.ceil(WINDOW_MAX_BYTES / threadCount),
    };
  }

  /** Resolves when all threads take requests. Throws a ReceiverError when they cannot. */
  static async start(settings: ReceiversSettings, parts: ReceiverThreadsParts): Promise<ReceiverThreads> {
    const threads = new ReceiverThreads(settings, parts);
    try {
      await threads.#start();
      return threads;
    } catch (error) {
      await threads[Symbol.asyncDispose]();
      throw error;
    }
  }

  get addresses(): ReceiversAddresses {
    const { grpc, http } = this.#settings;
    return { grpc: { host: grpc.host, port: grpc.port }, http: { host: http.host, port: http.port } };
  }

  /** Those that take requests now. */
  get listeningCount(): number {
    return this.#listening.size;
  }

  /** What was turned away since the last call. */
  takeRefusals(): Iterable<Refusals> {
    return this.#refusals.takeAll();
  }

  /** Takes no more connections, lets requests under way finish for a while, then cuts off the rest. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#state = "stopping";
    for (const cancel of this.#replacements.values()) cancel();
    await Promise.all([...this.#threads.values()].map(({ thread }) => thread.stop(STOP_MAX_MS)));
    this.#turns.clear();
  }

  /** The first finds the ports where the settings leave that to the system. */
  async #start(): Promise<void> {
    const { threadCount } = this.#parts;
    await assertNobodyListens(this.#settings);
    const [first, ...others] = Array.from({ length: threadCount }, (_, number) => this.#begin(number));
    assert(first !== undefined, "receiver threads are one at least");
    const { grpc, http } = await first.listen(this.#settings);
    this.#settings = { grpc: { ...this.#settings.grpc, ...grpc }, http: { ...this.#settings.http, ...http } };
    await Promise.all(others.map((thread) => thread.listen(this.#settings)));
    for (const number of this.#threads.keys()) this.#listening.add(number);
    this.#state = "running";
  }

  #begin(number: number): ReceiverThread {
    const { door, heapMaxMb } = this.#parts;
    const thread = new ReceiverThread({
      facts: { ...this.#facts, number },
      heapMaxMb,
      door,
      turns: this.#turns,
      onEnd: (error) => this.#onEnd(number, error),
    });
    this.#threads.set(number, { thread, begunAt: performance.now() });
    return thread;
  }

  #onEnd(number: number, error: Error | null): void {
    const begunAt = this.#threads.get(number)?.begunAt ?? 0;
    this.#threads.delete(number);
    this.#listening.delete(number);
    for (const limits of Object.values(this.#facts.limits)) giveBackAll(limits, number);
    if (this.#state !== "running") return;
    this.#parts.onDeath(error ?? new Error("a receiver thread ended by itself"));
    const hasLived = performance.now() - begunAt > REPLACE_DELAY_MS;
    const cancel = this.#parts.schedule(hasLived ? 0 : REPLACE_DELAY_MS, () => void this.#replace(number));
    this.#replacements.set(number, cancel);
  }

  async #replace(number: number): Promise<void> {
    this.#replacements.delete(number);
    try {
      await this.#begin(number).listen(this.#settings);
      this.#listening.add(number);
      this.#parts.onReplaced();
    } catch {
      // It has ended, and was told of as every end is.
    }
  }
}

/**
 * A port that is shared could be shared with another authspike of the same user, and each would get half.
 * Nobody can take it alone while anybody listens there.
 */
async function assertNobodyListens({ grpc, http }: ReceiversSettings): Promise<void> {
  for (const settings of [grpc, http].filter(({ port }) => port !== 0)) {
    const { servers } = await listen({ ...settings, portUse: "alone" }, () => createServer());
    await closeAll(servers);
  }
}
