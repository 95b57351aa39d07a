/**
 * The message tables boiled down to one flat array, for the check that every request goes through.
 *
 * To tell well-formed from malformed it is enough to know a field's wire type and, where its bytes
 * are a message, which one. A field that no table has is unknown and passes as it is, so a newer
 * sender is never refused.
 */
import type { FieldTable, MessageTable } from "./message-table.ts";
import { EXPORT_REQUESTS } from "./message-tables.ts";
import type { Signal } from "./verdict.ts";
import { SIGNALS } from "./verdict.ts";
import { FIXED64 } from "./wire.ts";

/** Room for field numbers 0 to 31 in each message's row: OTLP has none above 16 but reserved ones. */
export const FIELDS_PER_MESSAGE = 32;

// What an entry says, besides the four wire types. Packed fields may also come as single numbers.
export const PACKED_VARINT = 6;
export const PACKED_FIXED64 = 7;
export const UNKNOWN_FIELD = 8;
/** Entries from here on are the number of a nested message, shifted by this. */
export const FIRST_MESSAGE = 9;

export type WireSchema = {
  /** What is known of a field, at `message * FIELDS_PER_MESSAGE + field`. */
  readonly fields: Uint8Array;
  /** 1 for the messages that are counted: spans, data points, log records. */
  readonly isItem: Uint8Array;
  /** What entries say of fields that hold a KeyValue, by far the commonest message. */
  readonly keyValueEntry: number;
  readonly spanMessage: number;
  /** The number of each signal's export request. */
  readonly requestMessage: Readonly<Record<Signal, number>>;
};

const ITEM_NAME = /\.(Span|LogRecord|\w+DataPoint)$/;

export const WIRE_SCHEMA: WireSchema = compileSchema();

function compileSchema(): WireSchema {
  const messages: MessageTable[] = SIGNALS.map((signal) => EXPORT_REQUESTS[signal]);
  // The list grows while it is walked, until every message that can be reached is in it.
  for (const message of messages) {
    for (const field of message.fields) {
      if (field.type === "message" && !messages.includes(field.table())) messages.push(field.table());
    }
  }
  const fields = new Uint8Array(messages.length * FIELDS_PER_MESSAGE).fill(UNKNOWN_FIELD);
  messages.forEach((message, row) => {
    for (const field of message.fields) {
      fields[row * FIELDS_PER_MESSAGE + field.number] = fieldEntry(field, messages);
    }
  });
  return {
    fields,
    isItem: Uint8Array.from(messages, (message) => (ITEM_NAME.test(message.name) ? 1 : 0)),
    keyValueEntry: FIRST_MESSAGE + messages.findIndex((message) => message.name.endsWith(".KeyValue")),
    spanMessage: messages.findIndex((message) => message.name.endsWith(".Span")),
    requestMessage: {
      traces: SIGNALS.indexOf("traces"),
      metrics: SIGNALS.indexOf("metrics"),
      logs: SIGNALS.indexOf("logs"),
    },
  };
}

function fieldEntry(field: FieldTable, messages: readonly MessageTable[]): number {
  if (field.type === "message") return FIRST_MESSAGE + messages.indexOf(field.table());
  if (!field.isPacked) return field.wireType;
  return field.wireType === FIXED64 ? PACKED_FIXED64 : PACKED_VARINT;
}
