/**
 * What instrumentations send for one request, as far as it matters, and what a person would say it was.
 *
 * Attributes are as each instrumentation writes them, with its keys, types and traps. Spans stand in the
 * order of nesting, each within the one before it unless `under` says otherwise.
 */
import type { AttributeValue, SpanSketch } from "../span-requests.ts";

export type TraceExample = {
  readonly sender: string;
  readonly spans: readonly ExampleSpan[];
  /** What is counted, as `GET /users/{} unauthenticated`; none for a trace without a request. */
  readonly requests: readonly string[];
  /** The address that the request came from, where the sender tells. */
  readonly client?: string;
};

export type ExampleSpan = Pick<SpanSketch, "name" | "kind" | "statusCode" | "flags" | "resource" | "exceptions"> & {
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Index of the span around this one, in place of the one before it; -1 for none. */
  readonly under?: number;
};

type Attributes = ExampleSpan["attributes"];
type Rest = Omit<ExampleSpan, "attributes" | "name" | "kind">;

export function server(name: string, attributes: Attributes, rest: Rest = {}): ExampleSpan {
  return { name, kind: "SERVER", attributes, ...rest };
}

export function internal(name: string, attributes: Attributes = {}, rest: Rest = {}): ExampleSpan {
  return { name, kind: "INTERNAL", attributes, ...rest };
}

export function client(name: string, attributes: Attributes = {}, rest: Rest = {}): ExampleSpan {
  return { name, kind: "CLIENT", attributes, ...rest };
}
