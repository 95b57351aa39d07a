/** Which requests count as failures of a rule. Runs for every request. */
import { assertNever } from "../assert.ts";
import type { Observation } from "../extraction/observation.ts";
import type { FailureTest } from "./rule.ts";

export function isFailure(test: FailureTest, observation: Observation): boolean {
  switch (test.kind) {
    case "outcome":
      return test.outcomes.includes(observation.outcome);
    case "http_status":
      return test.statuses.includes(observation.httpStatus);
    case "grpc_status":
      return test.statuses.includes(observation.grpcStatus);
    default:
      return assertNever(test);
  }
}

/** Names of the gRPC status codes, each at its number. */
export const GRPC_STATUS_NAMES: readonly string[] = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** The number of a status by its name; -1 when there is none. */
export function grpcStatusCode(name: string): number {
  return GRPC_STATUS_NAMES.indexOf(name);
}
