/**
 * The OTLP messages as an independent library sees them: protobufjs over the files in `proto/`.
 *
 * It is the oracle for what authspike reads and writes byte by byte.
 */
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

const protoFolder = fileURLToPath(new URL("../../proto/", import.meta.url));
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => protoFolder + target;
root.loadSync([
  "opentelemetry/proto/collector/trace/v1/trace_service.proto",
  "opentelemetry/proto/collector/metrics/v1/metrics_service.proto",
  "opentelemetry/proto/collector/logs/v1/logs_service.proto",
  "google/rpc/status.proto",
  "google/rpc/error_details.proto",
]);

const COLLECTOR = "opentelemetry.proto.collector";
export const TRACE_REQUEST = root.lookupType(`${COLLECTOR}.trace.v1.ExportTraceServiceRequest`);
export const METRICS_REQUEST = root.lookupType(`${COLLECTOR}.metrics.v1.ExportMetricsServiceRequest`);
export const LOGS_REQUEST = root.lookupType(`${COLLECTOR}.logs.v1.ExportLogsServiceRequest`);
export const TRACE_RESPONSE = root.lookupType(`${COLLECTOR}.trace.v1.ExportTraceServiceResponse`);
export const METRICS_RESPONSE = root.lookupType(`${COLLECTOR}.metrics.v1.ExportMetricsServiceResponse`);
export const LOGS_RESPONSE = root.lookupType(`${COLLECTOR}.logs.v1.ExportLogsServiceResponse`);
export const RPC_STATUS = root.lookupType("google.rpc.Status");
export const RETRY_INFO = root.lookupType("google.rpc.RetryInfo");
export const BAD_REQUEST = root.lookupType("google.rpc.BadRequest");

/** Encodes a plain object whose fields carry protobufjs's names (lowerCamelCase). */
export function encode(type: protobuf.Type, message: object): Uint8Array {
  return Uint8Array.from(type.encode(type.fromObject(message)).finish());
}

/** Decodes to a plain object: 64-bit numbers as decimal text, bytes as hex, absent fields left out. */
export function decode(type: protobuf.Type, bytes: Uint8Array): unknown {
  return plain(type.toObject(type.decode(bytes), { longs: String }));
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
