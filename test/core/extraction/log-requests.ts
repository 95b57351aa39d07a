/** Log records as plain objects, encoded as senders do. */
import { encode, LOGS_REQUEST } from "../../support/otlp-protobuf.ts";
import { SPAN_ID, TRACE_ID } from "./span-requests.ts";

export type RecordSketch = {
  readonly body?: object;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly atMs?: number;
  readonly service?: string;
};

/** Every record in a resource of its own. */
export function logsRequest(records: readonly RecordSketch[]): Uint8Array {
  const resourceLogs = records.map((record) => {
    const { attributes = {}, atMs = 0, body, service = "shop", spanId = SPAN_ID, traceId = TRACE_ID } = record;
    const logRecord = {
      observedTimeUnixNano: `${atMs}000000`,
      ...(body === undefined ? {} : { body }),
      attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
      traceId: Buffer.from(traceId, "hex"),
      spanId: Buffer.from(spanId, "hex"),
    };
    const resource = { attributes: [{ key: "service.name", value: { stringValue: service } }] };
    return { resource, scopeLogs: [{ logRecords: [logRecord] }] };
  });
  return encode(LOGS_REQUEST, { resourceLogs });
}
