/** A door that answers as it is told and remembers who knocked. */
import { EventEmitter } from "node:events";
import type { Signal, Verdict } from "../../../src/core/otlp/verdict.ts";
import type { ExportDoor, ExportRequest, TurnedAway } from "../../../src/io/receivers/export-door.ts";
import type { Refusals } from "../../../src/io/receivers/threads/refusal-tally.ts";
import type { TlsChange } from "../../../src/io/receivers/tls-renewal.ts";

export class RecordingDoor implements ExportDoor {
  verdict: Verdict = { kind: "accepted" };
  /** Replaces `verdict` where an answer must wait or fail. */
  decide: (request: ExportRequest) => Verdict | Promise<Verdict> = () => this.verdict;
  readonly requests: ExportRequest[] = [];
  /** Counted by threads that have refused; each is told once. */
  refusalsElsewhere: () => Iterable<Refusals> = () => [];
  readonly #refusals: string[] = [];
  readonly failures: unknown[] = [];
  readonly news = new EventEmitter<{ readonly request: [] }>();
  readonly tlsChanges = new EventEmitter<{ readonly change: [TlsChange] }>();

  readonly accept = (request: ExportRequest): Verdict | Promise<Verdict> => {
    this.requests.push(request);
    this.news.emit("request");
    return this.decide(request);
  };
  readonly onRefused = (signal: Signal | null, reason: TurnedAway): void => {
    this.#refusals.push(`${signal ?? "none"} ${reason}`);
  };
  get refusals(): readonly string[] {
    for (const { signal, reason, count } of this.refusalsElsewhere()) {
      for (let time = 0; time < count; time++) this.onRefused(signal, reason);
    }
    return this.#refusals;
  }
  readonly onFailure = (error: unknown): void => {
    this.failures.push(error);
  };
  readonly onTlsChange = (change: TlsChange): void => {
    this.tlsChanges.emit("change", change);
  };
}
