/** Decoded spans and log records in the plain form that tests and the demo read. */
import type { JsonObject, JsonValue } from "../../core/otlp/json-from-protobuf.ts";

export type AttributeValue = string | number | boolean | null | readonly AttributeValue[] | AttributeRecord;
export type AttributeRecord = { readonly [key: string]: AttributeValue };

type Received = {
  readonly traceId: string;
  readonly spanId: string;
  /** Integers beyond 2^53 are rounded; `json` has them exactly. Bytes are base64. */
  readonly attributes: AttributeRecord;
  readonly resource: AttributeRecord;
  readonly scopeName: string;
  /** The whole item as OTLP/JSON. */
  readonly json: JsonObject;
};

export type ReceivedSpan = Received & {
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly statusCode: number;
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint;
};

export type ReceivedLogRecord = Received & {
  readonly eventName: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AttributeValue;
  readonly timeUnixNano: bigint;
};

/** The spans of a decoded trace export request, in its order. */
export function receivedSpans(request: JsonObject): ReceivedSpan[] {
  return receivedItems(request, { resources: "resourceSpans", scopes: "scopeSpans", items: "spans" }).map((item) => ({
    ...item,
    parentSpanId: text(item.json["parentSpanId"]),
    name: text(item.json["name"]),
    kind: Number(item.json["kind"] ?? 0),
    statusCode: Number(record(item.json["status"])["code"] ?? 0),
    startTimeUnixNano: nanos(item.json["startTimeUnixNano"]),
    endTimeUnixNano: nanos(item.json["endTimeUnixNano"]),
  }));
}

/** The log records of a decoded logs export request, in its order. */
export function receivedLogRecords(request: JsonObject): ReceivedLogRecord[] {
  return receivedItems(request, { resources: "resourceLogs", scopes: "scopeLogs", items: "logRecords" }).map(
    (item) => ({
      ...item,
      eventName: text(item.json["eventName"]),
      severityNumber: Number(item.json["severityNumber"] ?? 0),
      severityText: text(item.json["severityText"]),
      body: plainValue(item.json["body"]),
      timeUnixNano: nanos(item.json["timeUnixNano"]),
    }),
  );
}

type Names = { readonly resources: string; readonly scopes: string; readonly items: string };

function receivedItems(request: JsonObject, names: Names): Received[] {
  return list(request[names.resources]).flatMap((group) => {
    const resource = plainAttributes(record(group["resource"])["attributes"]);
    return list(group[names.scopes]).flatMap((scope) => {
      const scopeName = text(record(scope["scope"])["name"]);
      return list(scope[names.items]).map((json) => ({
        traceId: text(json["traceId"]),
        spanId: text(json["spanId"]),
        attributes: plainAttributes(json["attributes"]),
        resource,
        scopeName,
        json,
      }));
    });
  });
}

/** The last of equal keys counts. */
function plainAttributes(keyValues: JsonValue | undefined): AttributeRecord {
  return Object.fromEntries(list(keyValues).map((pair) => [text(pair["key"]), plainValue(pair["value"])]));
}

/** An AnyValue as the value it holds; null when it is empty. */
function plainValue(anyValue: JsonValue | undefined): AttributeValue {
  const [member] = Object.entries(record(anyValue));
  if (member === undefined) return null;
  const [name, value] = member;
  switch (name) {
    case "intValue":
    case "doubleValue":
      return Number(value);
    case "boolValue":
      return value === true;
    case "arrayValue":
      return list(record(value)["values"]).map(plainValue);
    case "kvlistValue":
      return plainAttributes(record(value)["values"]);
    default:
      return text(value);
  }
}

function list(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(record) : [];
}

function record(value: JsonValue | undefined): JsonObject {
  return typeof value === "object" && !Array.isArray(value) ? value : {};
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function nanos(value: JsonValue | undefined): bigint {
  return BigInt(text(value) || "0");
}
