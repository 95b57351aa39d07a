/** Reads a google.rpc.Status in either encoding. */
import { decode, RPC_STATUS } from "../support/otlp-protobuf.ts";

export type StatusBody = {
  readonly message: string;
  /** Without what stands before the name, as in `google.rpc.RetryInfo`. */
  readonly detailTypes: readonly string[];
};

/** null when the bytes are none. */
export function readProtobufStatus(bytes: Uint8Array): StatusBody | null {
  type Decoded = { readonly message?: string; readonly details?: readonly { readonly type_url?: string }[] };
  const value = parsed(() => decode(RPC_STATUS, bytes));
  if (value === null) return null;
  const { message = "", details = [] } = value as Decoded;
  return { message, detailTypes: details.map(({ type_url: typeUrl }) => typeName(typeUrl)) };
}

/** null when the text is none. */
export function readJsonStatus(text: string): StatusBody | null {
  const value = parsed(() => JSON.parse(text) as unknown);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { message = "", details = [] } = value as Readonly<Record<string, unknown>>;
  if (typeof message !== "string" || !Array.isArray(details)) return null;
  return { message, detailTypes: details.map((detail: { readonly "@type"?: string }) => typeName(detail["@type"])) };
}

function typeName(typeUrl: string | undefined): string {
  return (typeUrl ?? "").replace(/^.*\//, "");
}

function parsed(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return null;
  }
}
