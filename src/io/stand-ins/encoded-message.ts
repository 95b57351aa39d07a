/** A message of our own as protobuf bytes: that it can be encoded is certain. */
import { assert } from "../../core/assert.ts";
import { encodeMessage } from "../../core/otlp/json-to-protobuf.ts";
import type { MessageTable } from "../../core/otlp/message-table.ts";

export function encodedMessage(table: MessageTable, value: object): Buffer {
  const encoded = encodeMessage(table, value);
  assert(encoded.kind === "ok", `${table.name} could not be encoded`);
  return Buffer.from(encoded.bytes);
}
