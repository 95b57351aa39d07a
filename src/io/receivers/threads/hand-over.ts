/**
 * The door in a receiver thread: what comes in is handed over to the main thread, which has the engine
 * and the queue, and the verdict comes back by the request's number.
 */
import { hasBufferToItself } from "../../../core/free-bytes.ts";
import type { Signal, Verdict } from "../../../core/otlp/verdict.ts";
import type { ExportDoor, ExportRequest, TurnedAway } from "../export-door.ts";
import type { TlsChange } from "../tls-renewal.ts";
import { HandOverWindow } from "./hand-over-window.ts";
import { RefusalTally } from "./refusal-tally.ts";
import type { Answer, FromThread, HandedOver, ThreadFacts } from "./thread-messages.ts";
import { plainError } from "./thread-messages.ts";

export class HandOver implements ExportDoor {
  readonly #post: (message: FromThread, moved: ArrayBuffer[]) => void;
  readonly #facts: ThreadFacts;
  readonly #window: HandOverWindow;
  readonly #refusals: RefusalTally;
  /** One for each request under way: the connections of the thread bound their number. */
  readonly #waiting = new Map<number, (verdict: Verdict) => void>();
  #leaving: (HandedOver & { readonly bytes: MovableBytes })[] = [];
  #nextId = 0;

  constructor(facts: ThreadFacts, post: (message: FromThread, moved: ArrayBuffer[]) => void) {
    this.#post = post;
    this.#facts = facts;
    this.#window = new HandOverWindow(facts.window, facts.windowMaxBytes);
    this.#refusals = new RefusalTally(facts.refusals);
  }

  readonly accept = (request: ExportRequest): Promise<Verdict> => {
    const bytes = movable(request.bytes);
    this.#makeRoomFor(bytes.length);
    const id = this.#nextId++;
    // All that came together leaves together: after the sockets that have something were read.
    if (this.#leaving.push({ ...request, bytes, id }) === 1) setImmediate(() => this.#leave());
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  };

  readonly onRefused = (signal: Signal | null, reason: TurnedAway): void => {
    this.#refusals.add(signal, reason);
  };

  readonly onFailure = (error: unknown): void => this.#post({ kind: "fault", error }, []);

  /** All threads see the same files, and one tells. */
  readonly onTlsChange = (change: TlsChange): void => {
    if (this.#facts.number !== 0) return;
    const error = change.kind === "renewed" ? null : plainError(change.error);
    this.#post({ kind: "certificate", settingName: change.settingName, error }, []);
  };

  answered(answers: readonly Answer[]): void {
    for (const { id, verdict } of answers) {
      this.#waiting.get(id)?.(verdict);
      this.#waiting.delete(id);
    }
  }

  #makeRoomFor(byteCount: number): void {
    if (!this.#window.hasRoomFor(byteCount)) {
      this.#leave();
      this.#window.waitForRoom(byteCount);
    }
    this.#window.handedOver(byteCount);
  }

  #leave(): void {
    if (this.#leaving.length === 0) return;
    const requests = this.#leaving;
    this.#leaving = [];
    this.#post(
      { kind: "requests", requests },
      requests.map(({ bytes }) => bytes.buffer),
    );
  }
}

/** Their memory goes over with them: nobody else may use it. */
type MovableBytes = Uint8Array<ArrayBuffer>;

function movable(bytes: Uint8Array): MovableBytes {
  return hasBufferToItself(bytes) ? bytes : new Uint8Array(bytes);
}
