/**
 * Encodes log records of our own making: the alert events that go to the exporters.
 *
 * A record with an event name is an event by the OTLP logs data model. Records go out in requests of
 * their own and are rare, so they take the unhurried way over the message tables.
 */
import { assert } from "../assert.ts";
import type { UnixMillis } from "../time.ts";
import { encodeMessage } from "./json-to-protobuf.ts";
import { EXPORT_REQUESTS } from "./message-tables.ts";

/** A number has to say which kind it is: backends keep integers and doubles apart, also where a double is whole. */
export type AnyValue = string | boolean | readonly string[] | { readonly int: number } | { readonly double: number };

export type Attributes = Readonly<Record<string, AnyValue>>;

export type LogRecord = {
  readonly eventName: string;
  /** When it happened, and when we learned of it. Wall clock. */
  readonly occurredAtWall: UnixMillis;
  readonly observedAtWall: UnixMillis;
  /** 1 to 24: INFO 9, WARN 13, ERROR 17, FATAL 21. */
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: string;
  readonly attributes: Attributes;
  /** Hex digits of an example span; "" when there is none. */
  readonly traceId: string;
  readonly spanId: string;
};

export type LogsRequest = {
  readonly resource: Attributes;
  readonly scope: { readonly name: string; readonly version: string };
  readonly records: readonly LogRecord[];
};

/** The bytes of an ExportLogsServiceRequest. */
export function encodeLogsRequest({ resource, scope, records }: LogsRequest): Uint8Array {
  const scopeLogs = [{ scope, logRecords: records.map(logRecordJson) }];
  const resourceLogs = [{ resource: { attributes: attributesJson(resource) }, scopeLogs }];
  const encoded = encodeMessage(EXPORT_REQUESTS.logs, { resourceLogs });
  assert(encoded.kind === "ok", "our own log records fit the tables");
  return encoded.bytes;
}

function logRecordJson(record: LogRecord): object {
  const { eventName, severityNumber, severityText, traceId, spanId } = record;
  return {
    timeUnixNano: unixNanos(record.occurredAtWall),
    observedTimeUnixNano: unixNanos(record.observedAtWall),
    severityNumber,
    severityText,
    eventName,
    body: { stringValue: record.body },
    attributes: attributesJson(record.attributes),
    traceId,
    spanId,
  };
}

function attributesJson(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValueJson(value) }));
}

function anyValueJson(value: AnyValue): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if ("int" in value) return { intValue: value.int };
  if ("double" in value) return { doubleValue: value.double };
  return { arrayValue: { values: value.map((text) => ({ stringValue: text })) } };
}

/** Text, since nanoseconds of our time do not fit a double; to the microsecond, since finer is noise. */
function unixNanos(time: UnixMillis): string {
  return String(BigInt(Math.round(time * 1000)) * 1000n);
}
