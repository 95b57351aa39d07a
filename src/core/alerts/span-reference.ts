/** Where people find one request again. */
import type { Observation } from "../extraction/observation.ts";
import type { SpanReference } from "./alert.ts";

export function referenceTo(observation: Pick<Observation, "spanId" | "traceId">): SpanReference {
  return { traceId: observation.traceId(), spanId: observation.spanId() };
}
