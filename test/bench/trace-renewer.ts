/**
 * Gives the requests of a ring new traces each time they come round.
 *
 * Spans that come a second time are a retransmission and are not counted, so a ring that repeats itself
 * would measure something else than traffic.
 */
import { TraceScanner } from "../../src/core/otlp/trace-scanner.ts";

export class TraceRenewer {
  /** Where the trace ids of a request begin. */
  readonly #places = new Map<Uint8Array, readonly number[]>();
  #turn = 0;

  /** Changes the bytes in place: whoever was given them before must be done with them. */
  renew(bytes: Uint8Array): void {
    const places = this.#places.get(bytes) ?? placesOfTraceIds(bytes);
    this.#places.set(bytes, places);
    this.#turn += 1;
    for (const place of places) {
      // The last bytes: they are random in every version of the specification.
      bytes[place + 12] = this.#turn;
      bytes[place + 13] = this.#turn >> 8;
      bytes[place + 14] = this.#turn >> 16;
    }
  }
}

function placesOfTraceIds(bytes: Uint8Array): readonly number[] {
  const places: number[] = [];
  const sink = {
    span({ traceIdStart }: { readonly traceIdStart: number }): void {
      places.push(traceIdStart);
    },
    invalidSpan(): void {},
  };
  new TraceScanner({ span: [], resource: [] }).scan(bytes, sink);
  return places;
}
