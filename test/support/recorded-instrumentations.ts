/** Reads `test/fixtures/instrumentations/`, whose README describes the files. */
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What is true of one recorded request. */
export type RecordedRequest = {
  readonly traceId: string;
  /** Where several services tell of one trace: which of them answered this. */
  readonly service?: string;
  /** What was sent, in words. */
  readonly sent: string;
  /** Of HTTP the number, of a remote call the name. */
  readonly status: number | string;
  readonly endpoint: string;
  /** What else it may be called before other requests of the service have been seen. */
  readonly endpointAtFirst?: string;
  readonly outcome: string;
  /** Why it was refused, whether or not the spans can tell. */
  readonly refusedFor: string | null;
  /** The same where they can. */
  readonly cause: string | null;
  /** What else may be said before other requests have shown what the service records. */
  readonly causeAtFirst?: null;
  /** What else it may be taken for where they cannot. */
  readonly mayBeTakenFor?: string;
  /** Its address, null where no span knows it. */
  readonly client: string | null;
  /** What else that is until the service has been seen to send a request in parts. */
  readonly clientAtFirst?: null;
  /** Its spans do not show how it was answered, and so it is rightly not counted. */
  readonly isUnseen?: boolean;
  /** Calls that it led to, as dependencies answered them; null where the one who asked cannot know. */
  readonly calls?: readonly { readonly endpoint: string; readonly outcome: string }[] | null;
};

type Span = { readonly traceId: string };
type ScopeSpans = { readonly spans: readonly Span[] };
type ResourceSpans = { readonly scopeSpans: readonly ScopeSpans[] };
export type ExportRequest = { readonly resourceSpans: readonly ResourceSpans[] };

export type Recording = {
  /** `go/otelgin`. */
  readonly name: string;
  readonly sender: string;
  readonly requests: readonly RecordedRequest[];
  readonly exports: readonly ExportRequest[];
};

const folder = fileURLToPath(new URL("../fixtures/instrumentations/", import.meta.url));

export function readRecordings(): readonly Recording[] {
  return globSync("*/*.jsonl", { cwd: folder })
    .toSorted()
    .map((file) => readRecording(file.replace(".jsonl", "")));
}

function readRecording(name: string): Recording {
  const lines = readFileSync(`${folder}${name}.jsonl`, "utf8").trimEnd().split("\n");
  const exports = lines.map((line) => JSON.parse(line) as ExportRequest);
  const told = JSON.parse(readFileSync(`${folder}${name}.json`, "utf8")) as Pick<Recording, "sender" | "requests">;
  return { name, exports, ...told };
}

/** The same spans, the last first. */
export function reversed(exports: readonly ExportRequest[]): readonly ExportRequest[] {
  return exports.toReversed().map(({ resourceSpans }) => ({
    resourceSpans: resourceSpans.toReversed().map((resource) => ({
      ...resource,
      scopeSpans: resource.scopeSpans.toReversed().map((scope) => ({ ...scope, spans: scope.spans.toReversed() })),
    })),
  }));
}

/** The same spans, each in an export request of its own. */
export function oneByOne(exports: readonly ExportRequest[]): readonly ExportRequest[] {
  return exports.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap((resource) =>
      resource.scopeSpans.flatMap((scope) =>
        scope.spans.map((span) => ({ resourceSpans: [{ ...resource, scopeSpans: [{ ...scope, spans: [span] }] }] })),
      ),
    ),
  );
}
