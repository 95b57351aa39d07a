/**
 * The standard health service (`grpc.health.v1.Health/Check`), for balancers and Kubernetes probes.
 *
 * It says that calls are being taken; whether the whole is ready is a question for `/readyz`. Its
 * messages have one field each, so they are read and written by hand.
 */
import type { ServerUnaryCall, ServiceDefinition, sendUnaryData } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { rawUnaryMethod } from "./grpc-method.ts";

/** HealthCheckResponse with `status` (field 1) SERVING (1). */
const SERVING = Buffer.from([0x08, 0x01]);

/** Field 1, a string: its tag, and a length that takes one byte up to 127. */
const SERVICE_TAG = 0x0a;

/** The empty name asks about the server as a whole. */
export function healthService(serviceNames: readonly string[]) {
  const known = new Set(["", ...serviceNames]);
  const Check = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    const asked = serviceName(call.request);
    if (known.has(asked)) callback(null, SERVING);
    else callback({ code: status.NOT_FOUND, details: "unknown service" });
  };
  const definition: ServiceDefinition<{ Check: typeof Check }> = {
    Check: rawUnaryMethod("/grpc.health.v1.Health/Check"),
  };
  return { definition, implementation: { Check } };
}

function serviceName(request: Buffer): string {
  if (request.length === 0) return "";
  return request[0] === SERVICE_TAG ? request.toString("utf8", 2, 2 + (request[1] ?? 0)) : "?";
}
