/** What answers have to look like, for the checks that look at them closely. */
import { demand } from "./check.ts";
import type { GrpcAnswer } from "./grpc-caller.ts";
import { describeGrpc } from "./grpc-caller.ts";
import type { HttpAnswer } from "./http-caller.ts";
import { describeHttp } from "./http-caller.ts";
import type { StatusBody } from "./status-body.ts";
import { readJsonStatus, readProtobufStatus } from "./status-body.ts";

export type BodyEncoding = "protobuf" | "json";

export function demandHttpStatus(answer: HttpAnswer, statuses: number | readonly number[]): void {
  const wanted = typeof statuses === "number" ? [statuses] : statuses;
  demand(wanted.includes(answer.status), `${describeHttp(answer)}, not ${wanted.join(" or ")}`);
}

export function demandGrpcStatus(answer: GrpcAnswer, status: number): void {
  demand(answer.status === status, `${describeGrpc(answer)}, not ${status}`);
}

export function mediaTypeOf({ headers }: HttpAnswer): string {
  return (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

export function encodingOf(answer: HttpAnswer): BodyEncoding | null {
  const mediaType = mediaTypeOf(answer);
  if (mediaType === "application/json") return "json";
  return mediaType === "application/x-protobuf" ? "protobuf" : null;
}

/** Reads the body of an error, which has to be a google.rpc.Status in its sender's encoding. */
export function demandStatusBody(answer: HttpAnswer, encoding: BodyEncoding | "either"): StatusBody {
  const found = encodingOf(answer);
  demand(found !== null && (encoding === "either" || found === encoding), describeHttp(answer));
  const status = found === "json" ? readJsonStatus(answer.body.toString()) : readProtobufStatus(answer.body);
  demand(status !== null, `${describeHttp(answer)}, which is no google.rpc.Status`);
  return status;
}
