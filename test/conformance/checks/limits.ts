/** R11, R16 and R26: what is larger than allowed, in either direction. */
import { gzipSync } from "node:zlib";
import { demandGrpcStatus, demandHttpStatus, demandStatusBody } from "../answers.ts";
import type { Check } from "../check.ts";
import { demand, inCase } from "../check.ts";
import type { GrpcAnswer } from "../grpc-caller.ts";
import { callGrpc, frame, GRPC_OK, GRPC_RESOURCE_EXHAUSTED, GZIP, gzipFrame } from "../grpc-caller.ts";
import type { HttpCall } from "../http-caller.ts";
import { callHttp, JSON_TYPE, PROTOBUF } from "../http-caller.ts";
import { span, traces } from "../samples.ts";
import type { Target } from "../target.ts";
import { grpcOf, httpOf, RECOMMENDED_MAX_REQUEST_BYTES } from "../target.ts";
import { protobufOf } from "../ways.ts";

const RESPONSE_MAX_BYTES = 4 * 1024 * 1024;

/** A valid request of exactly the size, which holds nothing to forward: an envelope with a long schema URL. */
function requestOf(byteCount: number): Uint8Array {
  const withUrl = (length: number) =>
    protobufOf({ signal: "traces", json: { resourceSpans: [{ schemaUrl: "x".repeat(length) }] } });
  const framingBytes = withUrl(byteCount).length - byteCount;
  return withUrl(byteCount - framingBytes);
}

function tooLarge({ maxRequestBytes }: Target): Uint8Array {
  return requestOf(maxRequestBytes + 1);
}

/** Some kilobytes that come to more than is allowed. */
function bomb({ maxRequestBytes }: Target): Buffer {
  return gzipSync(Buffer.alloc(maxRequestBytes + 1, " "));
}

async function demandTooLarge(target: Target, call: HttpCall, encoding: "protobuf" | "json"): Promise<void> {
  const answer = await callHttp(target, call);
  demandHttpStatus(answer, 413);
  demandStatusBody(answer, encoding);
}

function demandPermanentRefusal(answer: GrpcAnswer): void {
  demandGrpcStatus(answer, GRPC_RESOURCE_EXHAUSTED);
  demand(!answer.detailTypes.includes("google.rpc.RetryInfo"), "RetryInfo, which asks for the same bytes again");
}

export const limitChecks: readonly Check[] = [
  {
    id: "R11.http",
    level: "MUST",
    sentence: "answers a body that is too large with 413, whether its length is announced or not",
    run: async (target) => {
      httpOf(target);
      const body = tooLarge(target);
      await demandTooLarge(target, { headers: PROTOBUF, body }, "protobuf");
      await demandTooLarge(target, { headers: PROTOBUF, body, framing: "chunked" }, "protobuf");
    },
  },
  {
    id: "R11.http-bomb",
    level: "MUST",
    sentence: "answers a small gzip body that would unpack to too much with 413",
    run: async (target) => {
      httpOf(target);
      const body = bomb(target);
      const packed = { "content-encoding": "gzip" };
      await demandTooLarge(target, { headers: { ...PROTOBUF, ...packed }, body }, "protobuf");
      await demandTooLarge(target, { headers: { ...JSON_TYPE, ...packed }, body }, "json");
    },
  },
  {
    id: "R11.grpc",
    level: "MUST",
    sentence: "answers a message that is too large with RESOURCE_EXHAUSTED, and does not ask for it again",
    run: async (target) => {
      grpcOf(target);
      demandPermanentRefusal(await callGrpc(target, { frames: frame(tooLarge(target)) }));
    },
  },
  {
    id: "R11.grpc-bomb",
    level: "MUST",
    sentence: "answers a small gzip message that would unpack to too much with RESOURCE_EXHAUSTED",
    run: async (target) => {
      grpcOf(target);
      demandPermanentRefusal(await callGrpc(target, { headers: GZIP, frames: frame(bomb(target), "packed") }));
    },
  },
  {
    id: "R11.recommended-http",
    level: "SHOULD",
    sentence: "takes requests of up to 64 MiB over HTTP",
    run: async (target) => {
      httpOf(target);
      const headers = { ...PROTOBUF, "content-encoding": "gzip" };
      const body = gzipSync(requestOf(RECOMMENDED_MAX_REQUEST_BYTES));
      demandHttpStatus(await callHttp(target, { headers, body }), 200);
    },
  },
  {
    id: "R11.recommended-grpc",
    level: "SHOULD",
    sentence: "takes requests of up to 64 MiB over gRPC",
    run: async (target) => {
      grpcOf(target);
      const frames = gzipFrame(requestOf(RECOMMENDED_MAX_REQUEST_BYTES));
      demandGrpcStatus(await callGrpc(target, { headers: GZIP, frames }), GRPC_OK);
    },
  },
  {
    id: "R26.http",
    level: "MUST",
    sentence: "keeps its answer within 4 MiB over HTTP, however much there is to complain about",
    run: async (target) => {
      const spans = Array.from({ length: 20_000 }, () => span({ spanId: "00" }));
      const manyInvalid = { headers: PROTOBUF, body: protobufOf(traces(...spans)) };
      const longMistake = {
        headers: JSON_TYPE,
        body: JSON.stringify(traces(span({ kind: "x".repeat(6_000_000) })).json),
      };
      for (const [name, call] of Object.entries({ manyInvalid, longMistake })) {
        const { body } = await callHttp(target, call);
        inCase(name, () => demand(body.length <= RESPONSE_MAX_BYTES, `an answer of ${body.length} bytes`));
      }
    },
  },
  {
    id: "R26.grpc",
    level: "MUST",
    sentence: "keeps its answer within 4 MiB over gRPC, headers and all",
    run: async (target) => {
      const spans = Array.from({ length: 20_000 }, () => span({ spanId: "00" }));
      const { byteCount } = await callGrpc(target, { frames: frame(protobufOf(traces(...spans))) });
      demand(byteCount <= RESPONSE_MAX_BYTES, `an answer of ${byteCount} bytes`);
    },
  },
];
