/**
 * The answer to an export that was taken, wholly or in part.
 *
 * Taken wholly it says nothing at all: no bytes, or `{}`. A rejected count of zero with a message is a
 * warning about a request that was taken wholly. Whoever sent the request must not send it again in
 * any of these cases.
 */
import { assert } from "../assert.ts";
import type { JsonValue } from "./json-from-protobuf.ts";
import { decodeMessage } from "./json-from-protobuf.ts";
import { parseJsonText } from "./json-text.ts";
import type { JsonToProtobuf } from "./json-to-protobuf.ts";
import { encodeMessage } from "./json-to-protobuf.ts";
import { EXPORT_RESPONSES } from "./message-tables.ts";
import type { BodyEncoding } from "./rpc-status.ts";
import type { Signal } from "./verdict.ts";

export type PartialSuccess = { readonly rejectedCount: number; readonly message: string };

export type ExportResponse =
  /** `partialSuccess` is null when everything was taken without a word. */
  | { readonly kind: "response"; readonly partialSuccess: PartialSuccess | null }
  | { readonly kind: "malformed"; readonly message: string };

const REJECTED_FIELD: Readonly<Record<Signal, string>> = {
  traces: "rejectedSpans",
  metrics: "rejectedDataPoints",
  logs: "rejectedLogRecords",
};

const utf8 = new TextEncoder();

export function encodeExportResponse(
  signal: Signal,
  encoding: BodyEncoding,
  partialSuccess: PartialSuccess | null,
): Uint8Array {
  const value = partialSuccess === null ? {} : { partialSuccess: partialSuccessJson(signal, partialSuccess) };
  if (encoding === "json") return utf8.encode(JSON.stringify(value));
  const encoded = encodeMessage(EXPORT_RESPONSES[signal], value);
  assert(encoded.kind === "ok", "our own response fits its table");
  return encoded.bytes;
}

function partialSuccessJson(signal: Signal, { rejectedCount, message }: PartialSuccess): object {
  // A 64-bit integer is text in JSON.
  return { [REJECTED_FIELD[signal]]: String(rejectedCount), errorMessage: message };
}

/** Reads a receiver's answer. An empty body is a full success in either encoding. */
export function decodeExportResponse(signal: Signal, encoding: BodyEncoding, body: Uint8Array): ExportResponse {
  if (body.length === 0) return { kind: "response", partialSuccess: null };
  const asProtobuf = encoding === "json" ? responseJsonToProtobuf(signal, body) : { kind: "ok" as const, bytes: body };
  if (asProtobuf.kind === "malformed") return asProtobuf;
  const decoded = decodeMessage(EXPORT_RESPONSES[signal], asProtobuf.bytes);
  if (decoded.kind === "malformed") return decoded;
  return { kind: "response", partialSuccess: readPartialSuccess(signal, decoded.value["partialSuccess"]) };
}

/** The detour holds JSON to the types of the table: integers as text or number, unknown keys ignored. */
function responseJsonToProtobuf(signal: Signal, body: Uint8Array): JsonToProtobuf {
  const parsed = parseJsonText(body);
  return parsed.kind === "malformed" ? parsed : encodeMessage(EXPORT_RESPONSES[signal], parsed.value);
}

/** A partial success that says nothing is none: some receivers always send it. */
function readPartialSuccess(signal: Signal, value: JsonValue | undefined): PartialSuccess | null {
  if (typeof value !== "object" || Array.isArray(value)) return null;
  const rejectedCount = Number(value[REJECTED_FIELD[signal]] ?? 0);
  const message = String(value["errorMessage"] ?? "");
  return rejectedCount === 0 && message === "" ? null : { rejectedCount, message };
}
