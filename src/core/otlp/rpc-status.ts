/**
 * google.rpc.Status: how an OTLP receiver says no, over gRPC and in the body of an HTTP error.
 *
 * Two details matter to OTLP. RetryInfo asks for the same bytes again after a while, and makes
 * RESOURCE_EXHAUSTED retryable at all; BadRequest says what is wrong with the request for good. Their
 * JSON differs from their protobuf: the type stands in "@type", and a duration is a text like "1.5s".
 */
import { assert } from "../assert.ts";
import { base64ByteLength, decodeBase64, encodeBase64 } from "./json-bytes.ts";
import { decodeMessage } from "./json-from-protobuf.ts";
import { parseJsonText } from "./json-text.ts";
import { encodeMessage } from "./json-to-protobuf.ts";
import type { MessageTable } from "./message-table.ts";
import { BAD_REQUEST, RETRY_INFO, RPC_STATUS } from "./message-tables.ts";

export type BodyEncoding = "protobuf" | "json";

export type RpcStatus = {
  readonly code: number;
  readonly message: string;
  /** Whole milliseconds; null without RetryInfo. */
  readonly retryDelayMs: number | null;
  /** Empty without BadRequest. */
  readonly fieldViolations: readonly FieldViolation[];
};

export type FieldViolation = { readonly field: string; readonly description: string };

const TYPE_URL_PREFIX = "type.googleapis.com/";
/** Longer delays are cut to this: about what a Duration may hold, and still a safe number of milliseconds. */
const RETRY_DELAY_MAX_MS = 315_576_000_000 * 1000;

const utf8 = new TextEncoder();

export function encodeRpcStatus(status: RpcStatus, encoding: BodyEncoding): Uint8Array {
  const { code, message } = status;
  const details = encoding === "json" ? jsonDetails(status) : protobufDetails(status);
  const body = details.length === 0 ? { code, message } : { code, message, details };
  return encoding === "json" ? utf8.encode(JSON.stringify(body)) : encodeOwn(RPC_STATUS, body);
}

function jsonDetails({ retryDelayMs, fieldViolations }: RpcStatus): object[] {
  const details: object[] = [];
  if (retryDelayMs !== null) details.push({ "@type": typeUrl(RETRY_INFO), retryDelay: `${retryDelayMs / 1000}s` });
  if (fieldViolations.length > 0) details.push({ "@type": typeUrl(BAD_REQUEST), fieldViolations });
  return details;
}

function protobufDetails({ retryDelayMs, fieldViolations }: RpcStatus): object[] {
  const details: object[] = [];
  if (retryDelayMs !== null) {
    const seconds = Math.floor(retryDelayMs / 1000);
    const nanos = Math.floor((retryDelayMs - seconds * 1000) * 1e6);
    details.push(packed(RETRY_INFO, { retryDelay: { seconds, nanos } }));
  }
  if (fieldViolations.length > 0) details.push(packed(BAD_REQUEST, { fieldViolations }));
  return details;
}

function packed(table: MessageTable, value: object): object {
  const bytes = encodeOwn(table, value);
  return { typeUrl: typeUrl(table), value: encodeBase64(bytes, 0, bytes.length) };
}

function encodeOwn(table: MessageTable, value: object): Uint8Array {
  const encoded = encodeMessage(table, value);
  assert(encoded.kind === "ok", `our own ${table.name} fits its table`);
  return encoded.bytes;
}

function typeUrl(table: MessageTable): string {
  return TYPE_URL_PREFIX + table.name;
}

/** Details of other types are left out. undefined when the body is not a Status. */
export function decodeRpcStatus(body: Uint8Array, encoding: BodyEncoding): RpcStatus | undefined {
  const decoded = encoding === "json" ? parseJsonText(body) : decodeMessage(RPC_STATUS, body);
  if (decoded.kind === "malformed" || !isRecord(decoded.value)) return undefined;
  const { code, message, details } = decoded.value;
  const list = Array.isArray(details) ? details.filter(isRecord) : [];
  const opened = encoding === "json" ? list : list.map(unpacked);
  return {
    code: typeof code === "number" ? code : 0,
    message: typeof message === "string" ? message : "",
    retryDelayMs: readRetryDelay(opened.find((detail) => isOfType(detail, RETRY_INFO))),
    fieldViolations: readViolations(opened.find((detail) => isOfType(detail, BAD_REQUEST))),
  };
}

type JsonRecord = Readonly<Record<string, unknown>>;

/** An Any in the form it has in JSON, for the types that are read here. */
function unpacked({ typeUrl: type, value }: JsonRecord): JsonRecord {
  const table = [RETRY_INFO, BAD_REQUEST].find((candidate) => type === typeUrl(candidate));
  const base64 = typeof value === "string" ? value : "";
  if (table === undefined) return {};
  const bytes = new Uint8Array(base64ByteLength(base64) ?? 0);
  decodeBase64(base64, bytes, 0);
  const decoded = decodeMessage(table, bytes);
  return decoded.kind === "ok" ? { "@type": type, ...decoded.value } : {};
}

function isOfType(detail: JsonRecord, table: MessageTable): boolean {
  return detail["@type"] === typeUrl(table);
}

function readRetryDelay(detail: JsonRecord | undefined): number | null {
  if (detail === undefined) return null;
  const delayMs = durationMs(detail["retryDelay"]);
  return Number.isNaN(delayMs) ? null : Math.min(Math.max(0, Math.round(delayMs)), RETRY_DELAY_MAX_MS);
}

/** Of either form of a Duration; an absent one is zero, NaN is none at all. */
function durationMs(duration: unknown): number {
  if (duration === undefined) return 0;
  if (typeof duration === "string")
    return /^-?\d+(\.\d+)?s$/.test(duration) ? Number.parseFloat(duration) * 1000 : Number.NaN;
  if (!isRecord(duration)) return Number.NaN;
  return Number(duration["seconds"] ?? 0) * 1000 + Number(duration["nanos"] ?? 0) / 1e6;
}

function readViolations(detail: JsonRecord | undefined): readonly FieldViolation[] {
  const violations = detail?.["fieldViolations"];
  if (!Array.isArray(violations)) return [];
  return violations.filter(isRecord).map(({ field, description }) => ({
    field: typeof field === "string" ? field : "",
    description: typeof description === "string" ? description : "",
  }));
}

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
