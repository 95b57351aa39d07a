/**
 * Spans with numbers in place of random ids, so that hundreds of thousands can be told apart and
 * counted: which were acknowledged, and how often each arrived.
 */
import assert from "node:assert/strict";
import { encodeMessage } from "../../../src/core/otlp/json-to-protobuf.ts";
import { EXPORT_REQUESTS } from "../../../src/core/otlp/message-tables.ts";

export const SPANS_PER_BATCH = 200;

/** Span ids of ours begin with it, so that those of others can be left out. */
const FIRST_ID = 0xa5e0_0000_0000_0000n;

/** Each batch is a copy of one, with other ids written over those it had. */
export class NumberedBatches {
  readonly #template = Buffer.from(encodeTemplate());
  readonly #idPositions: readonly number[];
  #batchCount = 0;

  constructor() {
    const ids = Array.from({ length: SPANS_PER_BATCH }, (_, index) => Buffer.from(templateId(index), "hex"));
    this.#idPositions = ids.map((id) => this.#template.indexOf(id));
  }

  /** How many were made: their spans have the numbers below. */
  get spanCount(): number {
    return this.#batchCount * SPANS_PER_BATCH;
  }

  next(): { readonly bytes: Uint8Array; readonly firstNumber: number } {
    const firstNumber = this.spanCount;
    this.#batchCount++;
    const bytes = Buffer.from(this.#template);
    this.#idPositions.forEach((position, index) => {
      bytes.writeBigUInt64BE(FIRST_ID + BigInt(firstNumber + index), position);
    });
    return { bytes, firstNumber };
  }
}

export class SpanCounts {
  #counts = new Uint8Array(1024);

  add(number: number): void {
    if (number >= this.#counts.length) {
      const larger = new Uint8Array(Math.max(this.#counts.length * 2, number + 1));
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#counts[number] = (this.#counts[number] ?? 0) + 1;
  }

  addBatch(firstNumber: number): void {
    for (let index = 0; index < SPANS_PER_BATCH; index++) this.add(firstNumber + index);
  }

  addSpanId(spanId: string): void {
    const number = BigInt(`0x${spanId}`) - FIRST_ID;
    if (number >= 0n && number < 2n ** 32n) this.add(Number(number));
  }

  has(number: number): boolean {
    return (this.#counts[number] ?? 0) > 0;
  }

  /** Different ones. */
  get distinctCount(): number {
    return this.#counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  }

  /** Arrivals of what had arrived before. */
  get repeatedCount(): number {
    return this.#counts.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
  }

  /** How many of ours are not among the others. */
  missingFrom(others: SpanCounts): number {
    return this.#counts.reduce((sum, count, number) => sum + (count > 0 && !others.has(number) ? 1 : 0), 0);
  }
}

function encodeTemplate(): Uint8Array {
  const spans = Array.from({ length: SPANS_PER_BATCH }, (_, index) => ({
    traceId: `${"7".repeat(31)}1`,
    spanId: templateId(index),
    name: "POST /login",
    kind: 2,
    startTimeUnixNano: "1760000000000000000",
    endTimeUnixNano: "1760000000100000000",
    attributes: [
      { key: "http.request.method", value: { stringValue: "POST" } },
      { key: "http.route", value: { stringValue: "/login" } },
      { key: "http.response.status_code", value: { intValue: index % 50 === 0 ? 401 : 200 } },
      { key: "client.address", value: { stringValue: `203.0.113.${index}` } },
    ],
  }));
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "auth" } }] };
  const encoded = encodeMessage(EXPORT_REQUESTS.traces, { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
  assert.ok(encoded.kind === "ok");
  return encoded.bytes;
}

/** Unlike anything else in the template. */
function templateId(index: number): string {
  return (0xfeedface_00000000n + BigInt(index)).toString(16);
}
