/**
 * The OTLP messages as data: number, JSON name and type of every field.
 *
 * Both directions between protobuf and JSON work from these tables, so a field exists in both or in
 * neither. `proto/` says the same in the specification's own language, and a test compares the two.
 */
import type { FieldTable, MessageTable } from "./message-table.ts";
import { enumerated, enumeration, message, nested, oneof, optional, repeated, scalar } from "./message-table.ts";
import type { Signal } from "./verdict.ts";

const STATUS_CODE = enumeration("opentelemetry.proto.trace.v1.Status.StatusCode", {
  STATUS_CODE_UNSET: 0,
  STATUS_CODE_OK: 1,
  STATUS_CODE_ERROR: 2,
});

const SPAN_KIND = enumeration("opentelemetry.proto.trace.v1.Span.SpanKind", {
  SPAN_KIND_UNSPECIFIED: 0,
  SPAN_KIND_INTERNAL: 1,
  SPAN_KIND_SERVER: 2,
  SPAN_KIND_CLIENT: 3,
  SPAN_KIND_PRODUCER: 4,
  SPAN_KIND_CONSUMER: 5,
});

const AGGREGATION_TEMPORALITY = enumeration("opentelemetry.proto.metrics.v1.AggregationTemporality", {
  AGGREGATION_TEMPORALITY_UNSPECIFIED: 0,
  AGGREGATION_TEMPORALITY_DELTA: 1,
  AGGREGATION_TEMPORALITY_CUMULATIVE: 2,
});

const SEVERITY_NUMBER = enumeration("opentelemetry.proto.logs.v1.SeverityNumber", severityNumbers());

export const ANY_VALUE: MessageTable = message("opentelemetry.proto.common.v1.AnyValue", [
  ...oneof([
    scalar(1, "stringValue", "string"),
    scalar(2, "boolValue", "bool"),
    scalar(3, "intValue", "int64"),
    scalar(4, "doubleValue", "double"),
    nested(5, "arrayValue", () => ARRAY_VALUE),
    nested(6, "kvlistValue", () => KEY_VALUE_LIST),
    scalar(7, "bytesValue", "bytes"),
    scalar(8, "stringValueStrindex", "int32"),
  ]),
]);

const ARRAY_VALUE = message("opentelemetry.proto.common.v1.ArrayValue", [
  repeated(nested(1, "values", () => ANY_VALUE)),
]);

const KEY_VALUE = message("opentelemetry.proto.common.v1.KeyValue", [
  scalar(1, "key", "string"),
  nested(2, "value", () => ANY_VALUE),
  scalar(3, "keyStrindex", "int32"),
]);

const KEY_VALUE_LIST = message("opentelemetry.proto.common.v1.KeyValueList", [
  repeated(nested(1, "values", () => KEY_VALUE)),
]);

const INSTRUMENTATION_SCOPE = message("opentelemetry.proto.common.v1.InstrumentationScope", [
  scalar(1, "name", "string"),
  scalar(2, "version", "string"),
  attributes(3, "attributes"),
  scalar(4, "droppedAttributesCount", "uint32"),
]);

const ENTITY_REF = message("opentelemetry.proto.common.v1.EntityRef", [
  scalar(1, "schemaUrl", "string"),
  scalar(2, "type", "string"),
  repeated(scalar(3, "idKeys", "string")),
  repeated(scalar(4, "descriptionKeys", "string")),
]);

const RESOURCE = message("opentelemetry.proto.resource.v1.Resource", [
  attributes(1, "attributes"),
  scalar(2, "droppedAttributesCount", "uint32"),
  repeated(nested(3, "entityRefs", () => ENTITY_REF)),
]);

const EVENT = message("opentelemetry.proto.trace.v1.Span.Event", [
  scalar(1, "timeUnixNano", "fixed64"),
  scalar(2, "name", "string"),
  attributes(3, "attributes"),
  scalar(4, "droppedAttributesCount", "uint32"),
]);

const LINK = message("opentelemetry.proto.trace.v1.Span.Link", [
  scalar(1, "traceId", "id"),
  scalar(2, "spanId", "id"),
  scalar(3, "traceState", "string"),
  attributes(4, "attributes"),
  scalar(5, "droppedAttributesCount", "uint32"),
  scalar(6, "flags", "fixed32"),
]);

const STATUS = message("opentelemetry.proto.trace.v1.Status", [
  scalar(2, "message", "string"),
  enumerated(3, "code", STATUS_CODE),
]);

export const SPAN = message("opentelemetry.proto.trace.v1.Span", [
  scalar(1, "traceId", "id"),
  scalar(2, "spanId", "id"),
  scalar(3, "traceState", "string"),
  scalar(4, "parentSpanId", "id"),
  scalar(5, "name", "string"),
  enumerated(6, "kind", SPAN_KIND),
  scalar(7, "startTimeUnixNano", "fixed64"),
  scalar(8, "endTimeUnixNano", "fixed64"),
  attributes(9, "attributes"),
  scalar(10, "droppedAttributesCount", "uint32"),
  repeated(nested(11, "events", () => EVENT)),
  scalar(12, "droppedEventsCount", "uint32"),
  repeated(nested(13, "links", () => LINK)),
  scalar(14, "droppedLinksCount", "uint32"),
  nested(15, "status", () => STATUS),
  scalar(16, "flags", "fixed32"),
]);

export const LOG_RECORD = message("opentelemetry.proto.logs.v1.LogRecord", [
  scalar(1, "timeUnixNano", "fixed64"),
  enumerated(2, "severityNumber", SEVERITY_NUMBER),
  scalar(3, "severityText", "string"),
  nested(5, "body", () => ANY_VALUE),
  attributes(6, "attributes"),
  scalar(7, "droppedAttributesCount", "uint32"),
  scalar(8, "flags", "fixed32"),
  scalar(9, "traceId", "id"),
  scalar(10, "spanId", "id"),
  scalar(11, "observedTimeUnixNano", "fixed64"),
  scalar(12, "eventName", "string"),
]);

const EXEMPLAR = message("opentelemetry.proto.metrics.v1.Exemplar", [
  scalar(2, "timeUnixNano", "fixed64"),
  scalar(4, "spanId", "id"),
  scalar(5, "traceId", "id"),
  ...oneof([scalar(3, "asDouble", "double"), scalar(6, "asInt", "sfixed64")]),
  attributes(7, "filteredAttributes"),
]);

const NUMBER_DATA_POINT = message("opentelemetry.proto.metrics.v1.NumberDataPoint", [
  ...pointTimes(),
  repeated(nested(5, "exemplars", () => EXEMPLAR)),
  ...oneof([scalar(4, "asDouble", "double"), scalar(6, "asInt", "sfixed64")]),
  attributes(7, "attributes"),
  scalar(8, "flags", "uint32"),
]);

const HISTOGRAM_DATA_POINT = message("opentelemetry.proto.metrics.v1.HistogramDataPoint", [
  ...pointTimes(),
  scalar(4, "count", "fixed64"),
  optional(scalar(5, "sum", "double")),
  repeated(scalar(6, "bucketCounts", "fixed64")),
  repeated(scalar(7, "explicitBounds", "double")),
  repeated(nested(8, "exemplars", () => EXEMPLAR)),
  attributes(9, "attributes"),
  scalar(10, "flags", "uint32"),
  optional(scalar(11, "min", "double")),
  optional(scalar(12, "max", "double")),
]);

const BUCKETS = message("opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint.Buckets", [
  scalar(1, "offset", "sint32"),
  repeated(scalar(2, "bucketCounts", "uint64")),
]);

const EXPONENTIAL_HISTOGRAM_DATA_POINT = message("opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint", [
  attributes(1, "attributes"),
  ...pointTimes(),
  scalar(4, "count", "fixed64"),
  optional(scalar(5, "sum", "double")),
  scalar(6, "scale", "sint32"),
  scalar(7, "zeroCount", "fixed64"),
  nested(8, "positive", () => BUCKETS),
  nested(9, "negative", () => BUCKETS),
  scalar(10, "flags", "uint32"),
  repeated(nested(11, "exemplars", () => EXEMPLAR)),
  optional(scalar(12, "min", "double")),
  optional(scalar(13, "max", "double")),
  scalar(14, "zeroThreshold", "double"),
]);

const VALUE_AT_QUANTILE = message("opentelemetry.proto.metrics.v1.SummaryDataPoint.ValueAtQuantile", [
  scalar(1, "quantile", "double"),
  scalar(2, "value", "double"),
]);

const SUMMARY_DATA_POINT = message("opentelemetry.proto.metrics.v1.SummaryDataPoint", [
  ...pointTimes(),
  scalar(4, "count", "fixed64"),
  scalar(5, "sum", "double"),
  repeated(nested(6, "quantileValues", () => VALUE_AT_QUANTILE)),
  attributes(7, "attributes"),
  scalar(8, "flags", "uint32"),
]);

const GAUGE = message("opentelemetry.proto.metrics.v1.Gauge", [
  repeated(nested(1, "dataPoints", () => NUMBER_DATA_POINT)),
]);

const SUM = message("opentelemetry.proto.metrics.v1.Sum", [
  repeated(nested(1, "dataPoints", () => NUMBER_DATA_POINT)),
  enumerated(2, "aggregationTemporality", AGGREGATION_TEMPORALITY),
  scalar(3, "isMonotonic", "bool"),
]);

const HISTOGRAM = message("opentelemetry.proto.metrics.v1.Histogram", [
  repeated(nested(1, "dataPoints", () => HISTOGRAM_DATA_POINT)),
  enumerated(2, "aggregationTemporality", AGGREGATION_TEMPORALITY),
]);

const EXPONENTIAL_HISTOGRAM = message("opentelemetry.proto.metrics.v1.ExponentialHistogram", [
  repeated(nested(1, "dataPoints", () => EXPONENTIAL_HISTOGRAM_DATA_POINT)),
  enumerated(2, "aggregationTemporality", AGGREGATION_TEMPORALITY),
]);

const SUMMARY = message("opentelemetry.proto.metrics.v1.Summary", [
  repeated(nested(1, "dataPoints", () => SUMMARY_DATA_POINT)),
]);

const METRIC = message("opentelemetry.proto.metrics.v1.Metric", [
  scalar(1, "name", "string"),
  scalar(2, "description", "string"),
  scalar(3, "unit", "string"),
  ...oneof([
    nested(5, "gauge", () => GAUGE),
    nested(7, "sum", () => SUM),
    nested(9, "histogram", () => HISTOGRAM),
    nested(10, "exponentialHistogram", () => EXPONENTIAL_HISTOGRAM),
    nested(11, "summary", () => SUMMARY),
  ]),
  attributes(12, "metadata"),
]);

const SCOPE_SPANS = message("opentelemetry.proto.trace.v1.ScopeSpans", [
  nested(1, "scope", () => INSTRUMENTATION_SCOPE),
  repeated(nested(2, "spans", () => SPAN)),
  scalar(3, "schemaUrl", "string"),
]);

const RESOURCE_SPANS = message("opentelemetry.proto.trace.v1.ResourceSpans", [
  nested(1, "resource", () => RESOURCE),
  repeated(nested(2, "scopeSpans", () => SCOPE_SPANS)),
  scalar(3, "schemaUrl", "string"),
]);

const SCOPE_METRICS = message("opentelemetry.proto.metrics.v1.ScopeMetrics", [
  nested(1, "scope", () => INSTRUMENTATION_SCOPE),
  repeated(nested(2, "metrics", () => METRIC)),
  scalar(3, "schemaUrl", "string"),
]);

const RESOURCE_METRICS = message("opentelemetry.proto.metrics.v1.ResourceMetrics", [
  nested(1, "resource", () => RESOURCE),
  repeated(nested(2, "scopeMetrics", () => SCOPE_METRICS)),
  scalar(3, "schemaUrl", "string"),
]);

const SCOPE_LOGS = message("opentelemetry.proto.logs.v1.ScopeLogs", [
  nested(1, "scope", () => INSTRUMENTATION_SCOPE),
  repeated(nested(2, "logRecords", () => LOG_RECORD)),
  scalar(3, "schemaUrl", "string"),
]);

const RESOURCE_LOGS = message("opentelemetry.proto.logs.v1.ResourceLogs", [
  nested(1, "resource", () => RESOURCE),
  repeated(nested(2, "scopeLogs", () => SCOPE_LOGS)),
  scalar(3, "schemaUrl", "string"),
]);

/** What is exported, by signal. A line of a trace, metrics or logs file has the same shape. */
export const EXPORT_REQUESTS: Readonly<Record<Signal, MessageTable>> = {
  traces: message("opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest", [
    repeated(nested(1, "resourceSpans", () => RESOURCE_SPANS)),
  ]),
  metrics: message("opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest", [
    repeated(nested(1, "resourceMetrics", () => RESOURCE_METRICS)),
  ]),
  logs: message("opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest", [
    repeated(nested(1, "resourceLogs", () => RESOURCE_LOGS)),
  ]),
};

/** How an export is answered when it was taken, wholly or in part. */
export const EXPORT_RESPONSES: Readonly<Record<Signal, MessageTable>> = {
  traces: exportResponse("opentelemetry.proto.collector.trace.v1.ExportTrace", "rejectedSpans"),
  metrics: exportResponse("opentelemetry.proto.collector.metrics.v1.ExportMetrics", "rejectedDataPoints"),
  logs: exportResponse("opentelemetry.proto.collector.logs.v1.ExportLogs", "rejectedLogRecords"),
};

const ANY = message("google.protobuf.Any", [scalar(1, "typeUrl", "string"), scalar(2, "value", "bytes")]);

const DURATION = message("google.protobuf.Duration", [scalar(1, "seconds", "int64"), scalar(2, "nanos", "int32")]);

/**
 * How an export is refused. Without `details` its JSON form is the standard one; the standard JSON
 * of Any and Duration is not what these tables give, so details belong in protobuf bodies only.
 */
export const RPC_STATUS = message("google.rpc.Status", [
  scalar(1, "code", "int32"),
  scalar(2, "message", "string"),
  repeated(nested(3, "details", () => ANY)),
]);

export const RETRY_INFO = message("google.rpc.RetryInfo", [nested(1, "retryDelay", () => DURATION)]);

const FIELD_VIOLATION = message("google.rpc.BadRequest.FieldViolation", [
  scalar(1, "field", "string"),
  scalar(2, "description", "string"),
]);

export const BAD_REQUEST = message("google.rpc.BadRequest", [
  repeated(nested(1, "fieldViolations", () => FIELD_VIOLATION)),
]);

function exportResponse(namePrefix: string, rejectedName: string): MessageTable {
  const partialSuccess = message(`${namePrefix}PartialSuccess`, [
    scalar(1, rejectedName, "int64"),
    scalar(2, "errorMessage", "string"),
  ]);
  return message(`${namePrefix}ServiceResponse`, [nested(1, "partialSuccess", () => partialSuccess)]);
}

function attributes(number: number, name: string): FieldTable {
  return repeated(nested(number, name, () => KEY_VALUE));
}

function pointTimes(): readonly FieldTable[] {
  return [scalar(2, "startTimeUnixNano", "fixed64"), scalar(3, "timeUnixNano", "fixed64")];
}

function severityNumbers(): Record<string, number> {
  const numberByName: Record<string, number> = { SEVERITY_NUMBER_UNSPECIFIED: 0 };
  ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].forEach((level, levelIndex) => {
    ["", "2", "3", "4"].forEach((step, stepIndex) => {
      numberByName[`SEVERITY_NUMBER_${level}${step}`] = levelIndex * 4 + stepIndex + 1;
    });
  });
  return numberByName;
}
