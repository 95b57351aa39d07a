/**
 * What became of a request, from its statuses.
 *
 * A gRPC status beats an HTTP one, which is 200 even for a refused call. 407 is a matter between a
 * client and its proxy and 419 means an expired form, so neither counts as failed authentication;
 * a throttled request was refused for its number and not for its credentials.
 */
import type { Outcome } from "./observation.ts";

export const NO_HTTP_STATUS = 0;
export const NO_GRPC_STATUS = -1;

/** By gRPC status: a client's fault or a server's, as the conventions for server spans divide them. */
const GRPC_OUTCOMES: readonly Outcome[] = [
  "ok", // OK
  "client_error", // CANCELLED
  "server_error", // UNKNOWN
  "client_error", // INVALID_ARGUMENT
  "server_error", // DEADLINE_EXCEEDED
  "client_error", // NOT_FOUND
  "client_error", // ALREADY_EXISTS
  "forbidden", // PERMISSION_DENIED
  "throttled", // RESOURCE_EXHAUSTED
  "client_error", // FAILED_PRECONDITION
  "client_error", // ABORTED
  "client_error", // OUT_OF_RANGE
  "server_error", // UNIMPLEMENTED
  "server_error", // INTERNAL
  "server_error", // UNAVAILABLE
  "server_error", // DATA_LOSS
  "unauthenticated", // UNAUTHENTICATED
];

/** How a request ended. */
export type RequestResult = {
  /** NO_HTTP_STATUS when there is none. */
  readonly httpStatus: number;
  /** NO_GRPC_STATUS when there is none. */
  readonly grpcStatus: number;
  /** The span says that it failed: all there is to go by when a request ends without a status. */
  readonly hasError: boolean;
};

export function outcomeOf({ httpStatus, grpcStatus, hasError }: RequestResult): Outcome {
  if (grpcStatus !== NO_GRPC_STATUS) return GRPC_OUTCOMES[grpcStatus] ?? "server_error";
  if (httpStatus !== NO_HTTP_STATUS) return httpOutcome(httpStatus);
  return hasError ? "server_error" : "ok";
}

function httpOutcome(status: number): Outcome {
  if (status < 400) return "ok";
  switch (status) {
    case 401:
    case 440: // IIS: the session has timed out
    case 498: // Esri: the token is invalid
      return "unauthenticated";
    case 403:
      return "forbidden";
    case 423:
    case 429:
      return "throttled";
    default:
      return status < 500 ? "client_error" : "server_error";
  }
}
