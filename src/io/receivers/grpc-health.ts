/**
 * The standard health service (`grpc.health.v1.Health/Check`), for balancers and Kubernetes probes.
 *
 * It says that calls are being taken; whether the whole is ready is a question for `/readyz`. Its
 * messages have one field each, so they are read and written by hand.
 */
import { grpcCode } from "./grpc-code.ts";
import type { GrpcReply } from "./reply.ts";
import { grpcError } from "./reply.ts";

export const HEALTH_CHECK_PATH = "/grpc.health.v1.Health/Check";

/** HealthCheckResponse with `status` (field 1) SERVING (1). */
const SERVING: GrpcReply = { kind: "ok", body: Buffer.from([0x08, 0x01]) };
const UNKNOWN_SERVICE = grpcError({ code: grpcCode.NOT_FOUND, message: "there is no such service" });

/** Field 1, a string: its tag; a length up to 127 takes one byte. */
const SERVICE_TAG = 0x0a;

/** `request` is a HealthCheckRequest. The empty name asks about the server as a whole. */
export function checkHealth(request: Uint8Array, serviceNames: readonly string[]): GrpcReply {
  const asked = serviceName(request);
  return asked === "" || serviceNames.includes(asked) ? SERVING : UNKNOWN_SERVICE;
}

function serviceName(request: Uint8Array): string {
  if (request.length === 0) return "";
  if (request[0] !== SERVICE_TAG) return "?";
  return new TextDecoder().decode(request.subarray(2, 2 + (request[1] ?? 0)));
}
