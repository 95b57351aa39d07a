/**
 * One receiver thread, as the main thread has it: told to listen and to stop, asked for nothing.
 */
import { Worker } from "node:worker_threads";
import { assertNever } from "../../../core/assert.ts";
import type { Verdict } from "../../../core/otlp/verdict.ts";
import { knock } from "../export-door.ts";
import { HandOverWindow } from "./hand-over-window.ts";
import type { TakingTurns } from "./taking-turns.ts";
import type {
  Answer,
  FromThread,
  HandedOver,
  MainDoor,
  ReceiversAddresses,
  ReceiversSettings,
  ThreadFacts,
  ToThread,
} from "./thread-messages.ts";
import { receiverError } from "./thread-messages.ts";

export type ReceiverThreadParts = {
  readonly facts: Omit<ThreadFacts, "window">;
  readonly heapMaxMb: number;
  readonly door: MainDoor;
  /** Takes the requests of all threads in turn, by calling what it was given. */
  readonly turns: TakingTurns<() => void>;
  /** It has ended: with an error, or as it was told to. Called once. */
  readonly onEnd: (error: Error | null) => void;
};

const SOURCE = new URL("./thread-entry.ts", import.meta.url);
/** The source in a checkout, its compiled form in the package. */
const ENTRY = import.meta.url.endsWith(".ts") ? SOURCE : new URL(SOURCE.href.replace(/ts$/, "js"));

export class ReceiverThread {
  readonly #worker: Worker;
  readonly #door: MainDoor;
  readonly #turns: TakingTurns<() => void>;
  readonly #window: HandOverWindow;
  readonly #listening = Promise.withResolvers<ReceiversAddresses>();
  readonly #ended: Promise<void>;
  #failure: Error | null = null;
  #answers: Answer[] = [];

  constructor({ facts, door, heapMaxMb, onEnd, turns }: ReceiverThreadParts) {
    const window = HandOverWindow.createMemory();
    const workerData: ThreadFacts = { ...facts, window };
    this.#door = door;
    this.#turns = turns;
    this.#window = new HandOverWindow(window, facts.windowMaxBytes);
    this.#worker = new Worker(ENTRY, {
      workerData,
      name: `receiver ${facts.number}`,
      resourceLimits: { maxOldGenerationSizeMb: heapMaxMb },
    });
    // Whoever listens hears of it; nobody may be there to.
    this.#listening.promise.catch(() => {});
    this.#worker.on("message", (message: FromThread) => this.#onMessage(message));
    this.#ended = this.#watch(onEnd);
  }

  /** Resolves when both receivers are bound; rejects with a ReceiverError, or with what ended the thread. */
  listen(settings: ReceiversSettings): Promise<ReceiversAddresses> {
    this.#tell({ kind: "listen", settings });
    return this.#listening.promise;
  }

  /** Lets it finish what is under way, for that long at most. */
  async stop(maxMs: number): Promise<void> {
    this.#tell({ kind: "stop" });
    const deadline = setTimeout(() => void this.#worker.terminate(), maxMs);
    await this.#ended;
    clearTimeout(deadline);
  }

  /** Resolves after the end. The end always comes after what the thread had to say. */
  #watch(onEnd: ReceiverThreadParts["onEnd"]): Promise<void> {
    this.#worker.on("error", (error) => {
      this.#failure = toError(error);
    });
    return new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        if (code !== 0) this.#failure ??= new Error(`the thread ended with code ${code}`);
        this.#listening.reject(this.#failure ?? new Error("the thread has ended"));
        resolve();
        onEnd(this.#failure);
      });
    });
  }

  #onMessage(message: FromThread): void {
    switch (message.kind) {
      case "requests":
        this.#turns.add(message.requests.map((request) => () => this.#take(request)));
        break;
      case "listening":
        this.#listening.resolve(message.addresses);
        break;
      case "cannot_listen":
        // It is on its way out.
        this.#failure = receiverError(message.error);
        break;
      case "certificate":
        this.#onCertificate(message);
        break;
      case "fault":
        this.#door.onFailure(message.error);
        break;
      default:
        assertNever(message);
    }
  }

  #onCertificate({ settingName, error }: Extract<FromThread, { readonly kind: "certificate" }>): void {
    if (error === null) this.#door.onTlsChange({ kind: "renewed", settingName });
    else this.#door.onTlsChange({ kind: "unusable", settingName, error: receiverError(error) });
  }

  /** It is judged before this returns; only the answer may take its time. */
  #take({ id, ...request }: HandedOver): void {
    // Whoever takes the request owns its bytes, and may have freed them.
    const byteCount = request.bytes.length;
    void knock(this.#door, request).then((verdict) => this.#answer(id, verdict));
    this.#window.taken(byteCount);
  }

  /** Verdicts that come together, as those of one write to the disk do, leave together. */
  #answer(id: number, verdict: Verdict): void {
    if (this.#answers.push({ id, verdict }) > 1) return;
    process.nextTick(() => {
      this.#tell({ kind: "answers", answers: this.#answers });
      this.#answers = [];
    });
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
