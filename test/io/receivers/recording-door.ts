/** A door that answers as it is told and remembers who knocked. */
import { EventEmitter } from "node:events";
import type { Signal, Verdict } from "../../../src/core/otlp/verdict.ts";
import type { ExportDoor, ExportRequest, TurnedAway } from "../../../src/io/receivers/export-door.ts";
import type { TlsChange } from "../../../src/io/receivers/tls-renewal.ts";

export class RecordingDoor implements ExportDoor {
  verdict: Verdict = { kind: "accepted" };
  /** Replaces `verdict` where an answer must wait or fail. */
  decide: (request: ExportRequest) => Verdict | Promise<Verdict> = () => this.verdict;
  readonly requests: ExportRequest[] = [];
  readonly refusals: string[] = [];
  readonly failures: unknown[] = [];
  readonly tlsChanges = new EventEmitter<{ readonly change: [TlsChange] }>();

  readonly accept = (request: ExportRequest): Verdict | Promise<Verdict> => {
    this.requests.push(request);
    return this.decide(request);
  };
  readonly onRefused = (signal: Signal | null, reason: TurnedAway): void => {
    this.refusals.push(`${signal ?? "none"} ${reason}`);
  };
  readonly onFailure = (error: unknown): void => {
    this.failures.push(error);
  };
  readonly onTlsChange = (change: TlsChange): void => {
    this.tlsChanges.emit("change", change);
  };
}
