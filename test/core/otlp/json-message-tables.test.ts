import assert from "node:assert/strict";
import { test } from "node:test";
import protobuf from "protobufjs";
import type { FieldTable, MessageTable } from "../../../src/core/otlp/message-table.ts";
import {
  BAD_REQUEST,
  EXPORT_REQUESTS,
  EXPORT_RESPONSES,
  RETRY_INFO,
  RPC_STATUS,
} from "../../../src/core/otlp/message-tables.ts";
import { TRACE_REQUEST } from "../../support/otlp-protobuf.ts";

const ROOTS = [
  ...Object.values(EXPORT_REQUESTS),
  ...Object.values(EXPORT_RESPONSES),
  RPC_STATUS,
  RETRY_INFO,
  BAD_REQUEST,
];
// Not sent by anyone: the shape of stored data, whose bytes are those of a request.
const STORED_FORMS = ["TracesData", "MetricsData", "LogsData"];

test("the tables and the proto files agree in every field of every message", () => {
  for (const table of reachableTables()) {
    assert.deepEqual(describeTable(table), describeType(TRACE_REQUEST.root.lookupType(table.name)), table.name);
  }
});

test("every message of the proto files has a table", () => {
  const tableNames = reachableTables().map((table) => table.name);
  const typeNames = messageTypes(TRACE_REQUEST.root)
    .map((type) => type.fullName.slice(1))
    .filter((name) => !name.startsWith("google.protobuf.") && !STORED_FORMS.some((form) => name.endsWith(form)));
  assert.deepEqual(
    typeNames.filter((name) => !tableNames.includes(name)),
    [],
  );
});

function reachableTables(): MessageTable[] {
  const tables = [...ROOTS];
  // The list grows while it is walked.
  for (const table of tables) {
    for (const field of table.fields) {
      if (field.type === "message" && !tables.includes(field.table())) tables.push(field.table());
    }
  }
  return tables;
}

function describeTable(table: MessageTable) {
  return table.fields.map((field) => ({
    number: field.number,
    name: field.name,
    type: typeName(field),
    presence: field.presence,
    isPacked: field.isPacked,
    oneofMembers: field.oneofMembers.toSorted(),
    enumValues: field.type === "enum" ? Object.fromEntries(field.values.numberByName) : undefined,
  }));
}

function typeName(field: FieldTable): string {
  if (field.type === "message") return field.table().name;
  if (field.type === "enum") return field.values.name;
  return field.type;
}

function describeType(type: protobuf.Type) {
  return type.fieldsArray
    .map((field) => field.resolve())
    .map((field) => ({
      number: field.id,
      // The library's own google.protobuf.Any keeps its names in snake_case.
      name: protobuf.util.camelCase(field.name),
      type: field.resolvedType?.fullName.slice(1) ?? (isId(field) ? "id" : field.type),
      presence: presenceOf(field),
      isPacked: field.repeated && field.packed && isNumeric(field),
      oneofMembers: presenceOf(field) === "oneof" ? (field.partOf?.oneof ?? []).toSorted() : [],
      enumValues: field.resolvedType instanceof protobuf.Enum ? { ...field.resolvedType.values } : undefined,
    }))
    .toSorted((left, right) => left.number - right.number);
}

function isId(field: protobuf.Field): boolean {
  return ["traceId", "spanId", "parentSpanId"].includes(field.name);
}

// The library calls every repeated field of proto3 packed, whether or not its type can be.
function isNumeric(field: protobuf.Field): boolean {
  return !(field.resolvedType instanceof protobuf.Type) && field.type !== "string" && field.type !== "bytes";
}

function presenceOf(field: protobuf.Field): string {
  if (field.repeated) return "repeated";
  if (field.partOf?.isProto3Optional === true) return "optional";
  if (field.partOf !== null) return "oneof";
  return field.resolvedType instanceof protobuf.Type ? "optional" : "implicit";
}

function messageTypes(namespace: protobuf.NamespaceBase): protobuf.Type[] {
  return namespace.nestedArray.flatMap((nested) => [
    ...(nested instanceof protobuf.Type ? [nested] : []),
    ...(nested instanceof protobuf.Namespace ? messageTypes(nested) : []),
  ]);
}
