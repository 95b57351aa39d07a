/**
 * Reads batches of spans, as the Collector's file exporter writes them, and tells when each arrived.
 */
import { jsonToProtobuf } from "../../core/otlp/json-to-protobuf.ts";
import type { SpanView } from "../../core/otlp/span-view.ts";
import { TraceScanner } from "../../core/otlp/trace-scanner.ts";
import type { UnixMillis } from "../../core/time.ts";
import type { Reading } from "./recorded-item.ts";
import { faultsOf, IGNORED } from "./recorded-item.ts";

export class SpanBatchReader {
  readonly #scanner = new TraceScanner({ span: [], resource: [] });
  #endTimes: UnixMillis[] = [];

  readLine(line: string): Reading {
    const converted = jsonToProtobuf("traces", line);
    if (converted.kind === "malformed") return notATraceRequest(converted.message, line.length);
    return this.readFrame(converted.bytes);
  }

  readFrame(bytes: Uint8Array): Reading {
    this.#endTimes = [];
    const scanned = this.#scanner.scan(bytes, this);
    if (scanned.kind === "malformed") return notATraceRequest(`${scanned.message} at byte ${scanned.offset}`, 1);
    // A line of metrics or logs has no field that a trace request has, and so comes out empty.
    if (this.#endTimes.length === 0) return IGNORED;
    // To the millisecond, as clocks of requests are: the ten thousandths that division leaves would move alerts.
    return { kind: "spans", arrivedAt: Math.round(lowerMedian(this.#endTimes)), bytes };
  }

  /** The scanner's door. */
  span(view: SpanView): void {
    this.#endTimes.push(view.endTimeUnixMillis);
  }

  /** Refused by the service as well. */
  invalidSpan(): void {}
}

/**
 * A batch is sent within seconds of the end of its spans. The median stands for all, because the
 * virtual clock never goes back: one sender whose clock is an hour ahead would stop it for an hour.
 */
function lowerMedian(times: UnixMillis[]): UnixMillis {
  times.sort((left, right) => left - right);
  return times[(times.length - 1) >> 1] ?? 0;
}

function notATraceRequest(problem: string, length: number): Reading {
  return faultsOf({ code: "AR105", column: 1, length: Math.max(1, length), message: problem });
}
