/**
 * What a recording holds, whatever it was written by: requests, batches of spans, and lines that are
 * neither.
 */
import type { Diagnostic } from "../../core/diagnostic.ts";
import type { RecordedRequest } from "../../core/extraction/request-observation.ts";
import type { UnixMillis } from "../../core/time.ts";

export const RECORDING_FORMATS = ["requests", "access-log", "otlp-json", "otlp-proto"] as const;
export type RecordingFormat = (typeof RECORDING_FORMATS)[number];

export type RecordedItem =
  | { readonly kind: "request"; readonly arrivedAt: UnixMillis; readonly request: RecordedRequest }
  /** An ExportTraceServiceRequest. `arrivedAt` is derived from its spans: files do not keep it. */
  | { readonly kind: "spans"; readonly arrivedAt: UnixMillis; readonly bytes: Uint8Array }
  /** Well formed, and no request: metrics, logs, a line without spans, bytes sent to a port by mistake. */
  | { readonly kind: "ignored" }
  | { readonly kind: "faulty"; readonly fault: LineFault };

/** All that is wrong with one line, with the line itself where it is short enough to be shown. */
export type LineFault = { readonly diagnostics: readonly Diagnostic[]; readonly text: string | null };

/** One fault before its file and line are known. */
export type Fault = { readonly code: RecordingCode } & Pick<Diagnostic, "column" | "length" | "message">;

export type Faults = { readonly kind: "faults"; readonly faults: readonly Fault[] };

/** What a reader of single lines or frames makes of one. */
export type Reading = Exclude<RecordedItem, { kind: "faulty" }> | Faults;

/** Like those of rule files (`core/text/codes.ts`), a code keeps its meaning for ever. */
export const RECORDING_CODES = {
  AR101: "a line is not a JSON object",
  AR102: "a required field is missing",
  AR103: "a field has a value that it cannot have",
  AR104: "a line is not in the common or combined log format",
  AR105: "a line or frame is not an OTLP trace request",
} as const;

export type RecordingCode = keyof typeof RECORDING_CODES;

/** The recording cannot be read any further. The message names the file and is fit for a person. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
  readonly reason: "missing" | "unreadable";

  constructor(message: string, options: { readonly reason: "missing" | "unreadable"; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.reason = options.reason;
  }
}

export const IGNORED = { kind: "ignored" } as const;

export function faultsOf(...faults: readonly Fault[]): Faults {
  return { kind: "faults", faults };
}
