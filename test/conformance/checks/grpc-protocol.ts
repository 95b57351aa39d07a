/** R32 and R33: what the gRPC protocol itself asks of a server. */
import { gzipSync } from "node:zlib";
import { demandGrpcStatus } from "../answers.ts";
import type { Check } from "../check.ts";
import { demand } from "../check.ts";
import {
  callGrpc,
  describeGrpc,
  frame,
  GRPC_INTERNAL,
  GRPC_OK,
  GRPC_UNIMPLEMENTED,
  GrpcConnection,
  GZIP,
} from "../grpc-caller.ts";
import { span, traces } from "../samples.ts";
import { protobufOf } from "../ways.ts";

const message = protobufOf(traces(span()));

export const grpcProtocolChecks: readonly Check[] = [
  {
    id: "R32.unknown-encoding",
    level: "MUST",
    sentence: "answers a grpc-encoding that it does not know with UNIMPLEMENTED and the ones that it does",
    run: async (target) => {
      const headers = { "grpc-encoding": "conformance" };
      const answer = await callGrpc(target, { headers, frames: frame(message, "packed") });
      demandGrpcStatus(answer, GRPC_UNIMPLEMENTED);
      const accepted = String(answer.headers["grpc-accept-encoding"] ?? "");
      demand(/\bgzip\b/.test(accepted), `grpc-accept-encoding: ${accepted || "missing"}`);
    },
  },
  {
    id: "R32.corrupt-gzip",
    level: "MUST",
    sentence: "answers damaged gzip with INTERNAL",
    run: async (target) => {
      const damaged = gzipSync(message).subarray(0, 20);
      demandGrpcStatus(await callGrpc(target, { headers: GZIP, frames: frame(damaged, "packed") }), GRPC_INTERNAL);
    },
  },
  {
    id: "R32.undeclared-packing",
    level: "MUST",
    sentence: "answers a packed message without grpc-encoding with INTERNAL",
    run: async (target) => {
      const frames = frame(gzipSync(message), "packed");
      demandGrpcStatus(await callGrpc(target, { frames }), GRPC_INTERNAL);
    },
  },
  {
    id: "R32.unknown-method",
    level: "MUST",
    sentence: "answers a method or service that it does not have with UNIMPLEMENTED",
    run: async (target) => {
      for (const path of ["/opentelemetry.proto.collector.trace.v1.TraceService/Import", "/no.such.Service/Export"]) {
        demandGrpcStatus(await callGrpc(target, { path, frames: frame(message) }), GRPC_UNIMPLEMENTED);
      }
    },
  },
  {
    id: "R32.other-protocol",
    level: "MUST",
    sentence: "answers a Content-Type that is not gRPC with HTTP 415",
    run: async (target) => {
      const headers = { "content-type": "application/json" };
      const answer = await callGrpc(target, { headers, frames: frame(message) });
      demand(answer.httpStatus === 415, describeGrpc(answer));
    },
  },
  {
    id: "R32.framing",
    level: "MUST",
    sentence: "answers a unary call with no message, half a message or two with an error",
    run: async (target) => {
      const half = frame(message).subarray(0, 20);
      for (const frames of [Buffer.alloc(0), half, Buffer.concat([frame(message), frame(message)])]) {
        const answer = await callGrpc(target, { frames });
        demand((answer.status ?? GRPC_OK) !== GRPC_OK, `${frames.length} bytes: ${describeGrpc(answer)}`);
      }
    },
  },
  {
    id: "R32.after-errors",
    level: "MUST",
    sentence: "goes on serving a connection after calls that failed or were cancelled",
    run: async (target) => {
      using connection = new GrpcConnection(target);
      await connection.call({ frames: frame(Buffer.from("telemetry")) });
      await connection.call({ frames: frame(message), path: "/no.such.Service/Export" });
      await connection.call({ frames: frame(message, "packed"), headers: { "grpc-encoding": "conformance" } });
      const cancelled = connection.open({});
      cancelled.stream.write(frame(message).subarray(0, 10));
      cancelled.stream.close();
      demandGrpcStatus(await connection.call({ frames: frame(message) }), GRPC_OK);
      demand(connection.isOpen, "the connection was closed");
    },
  },
  {
    id: "R33.ping",
    level: "MUST",
    sentence: "answers pings with what they carry, and keeps the connection",
    run: async (target) => {
      using connection = new GrpcConnection(target);
      for (const text of ["ping one", "ping two"]) {
        const answered = await connection.ping(Buffer.from(text));
        demand(answered.toString() === text, `a ping of "${text}" came back as "${answered.toString()}"`);
        demandGrpcStatus(await connection.call({ frames: frame(message) }), GRPC_OK);
      }
    },
  },
];
