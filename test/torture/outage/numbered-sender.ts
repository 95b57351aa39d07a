/** Sends numbered spans over both protocols, and remembers which were acknowledged. */
import { setTimeout as delay } from "node:timers/promises";
import type { OtlpSender } from "../../bench/otlp-sender.ts";
import { openSender } from "../../bench/otlp-sender.ts";
import type { RunningService } from "../../support/running-service.ts";
import { NumberedBatches, SpanCounts } from "./numbered-spans.ts";

const UNDER_WAY = 6;
/** Who is turned away comes again after a while, if shorter here than with real exporters. */
const REST_MS = 200;

export class NumberedSender {
  readonly acknowledged = new SpanCounts();
  readonly #batches = new NumberedBatches();
  #acknowledgedBatchCount = 0;
  #refusedBatchCount = 0;

  get acknowledgedBatchCount(): number {
    return this.#acknowledgedBatchCount;
  }

  /** Turned away, or without an answer. */
  get refusedBatchCount(): number {
    return this.#refusedBatchCount;
  }

  /** Goes on until told that it is enough, or a number of batches was not acknowledged. */
  async send(
    service: RunningService,
    { isEnough, refusedMax }: { readonly isEnough: () => boolean; readonly refusedMax: number },
  ): Promise<void> {
    const refusedBefore = this.#refusedBatchCount;
    const mayGoOn = () => !isEnough() && this.#refusedBatchCount - refusedBefore < refusedMax;
    const senders = await Promise.all([
      openSender("grpc", `http://127.0.0.1:${service.grpcPort}`, UNDER_WAY),
      openSender("http/protobuf", service.httpUrl, UNDER_WAY),
    ]);
    await Promise.all(
      senders.flatMap((sender) => Array.from({ length: UNDER_WAY / 2 }, () => this.#sendWhile(mayGoOn, sender))),
    );
    for (const sender of senders) await sender.close();
  }

  async #sendWhile(mayGoOn: () => boolean, sender: OtlpSender): Promise<void> {
    while (mayGoOn()) {
      const { bytes, firstNumber } = this.#batches.next();
      if (await sender.send(bytes)) {
        this.acknowledged.addBatch(firstNumber);
        this.#acknowledgedBatchCount++;
      } else {
        this.#refusedBatchCount++;
        await delay(REST_MS);
      }
    }
  }
}
