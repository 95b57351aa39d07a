/** R15 and R16: a receiver that cannot keep up. Last of all, because it may need a while to recover. */
import { gzipSync } from "node:zlib";
import { demandStatusBody } from "../answers.ts";
import type { Check } from "../check.ts";
import { demand, NotApplicable } from "../check.ts";
import type { GrpcAnswer } from "../grpc-caller.ts";
import {
  callGrpc,
  describeGrpc,
  frame,
  GRPC_OK,
  GRPC_RESOURCE_EXHAUSTED,
  GRPC_UNAVAILABLE,
  GZIP,
} from "../grpc-caller.ts";
import type { HttpAnswer } from "../http-caller.ts";
import { callHttp, describeHttp, PROTOBUF } from "../http-caller.ts";
import { span, traces } from "../samples.ts";
import type { Target } from "../target.ts";
import { grpcOf, httpOf } from "../target.ts";
import { protobufOf } from "../ways.ts";

/** A gzip body of some kilobytes that unpacks to half of what is allowed. */
function heavyBody({ maxRequestBytes }: Target): Buffer {
  const value = { stringValue: "x".repeat(maxRequestBytes / 2) };
  return gzipSync(protobufOf(traces(span({ attributes: [{ key: "conformance.weight", value }] }))));
}

/** Sends as much at once as may be sent, and returns the first refusal. */
async function saturate<Answer>(
  target: Target,
  send: (body: Buffer) => Promise<Answer>,
  isRefusal: (answer: Answer) => boolean,
): Promise<Answer> {
  if (target.saturateBytes === 0) throw new NotApplicable("needs --saturate");
  const body = heavyBody(target);
  const count = Math.ceil(target.saturateBytes / (target.maxRequestBytes / 2));
  const answers = await Promise.all(Array.from({ length: count }, () => send(body)));
  const refusal = answers.find(isRefusal);
  if (refusal !== undefined) return refusal;
  throw new NotApplicable(`took ${count} requests of ${target.maxRequestBytes / 2} bytes at once`);
}

function httpRefusal(target: Target): Promise<HttpAnswer> {
  httpOf(target);
  const headers = { ...PROTOBUF, "content-encoding": "gzip" };
  return saturate(
    target,
    (body) => callHttp(target, { headers, body }),
    ({ status }) => status !== 200,
  );
}

function grpcRefusal(target: Target): Promise<GrpcAnswer> {
  grpcOf(target);
  return saturate(
    target,
    (body) => callGrpc(target, { headers: GZIP, frames: frame(body, "packed") }),
    ({ status }) => status !== GRPC_OK,
  );
}

export const overloadChecks: readonly Check[] = [
  {
    id: "R15.http",
    level: "SHOULD",
    sentence: "answers 429 or 503 when it cannot take more, and Retry-After, if it is there, can be read",
    run: async (target) => {
      const answer = await httpRefusal(target);
      demand(answer.status === 429 || answer.status === 503, describeHttp(answer));
      const retryAfter = answer.headers["retry-after"] ?? "0";
      const isReadable = /^\d+$/.test(retryAfter) || !Number.isNaN(Date.parse(retryAfter));
      demand(isReadable, `Retry-After: ${retryAfter}`);
      demandStatusBody(answer, "protobuf");
    },
  },
  {
    id: "R15.grpc",
    level: "SHOULD",
    sentence: "answers UNAVAILABLE when it cannot take more, or RESOURCE_EXHAUSTED with RetryInfo",
    run: async (target) => {
      const answer = await grpcRefusal(target);
      const asksAgain = answer.detailTypes.includes("google.rpc.RetryInfo");
      const isRetryable =
        answer.status === GRPC_UNAVAILABLE || (answer.status === GRPC_RESOURCE_EXHAUSTED && asksAgain);
      demand(isRetryable, describeGrpc(answer));
    },
  },
  {
    id: "R15.recovery",
    level: "SHOULD",
    sentence: "takes requests again after it has refused some",
    run: async (target) => {
      await httpRefusal(target);
      const answer = await callHttp(target, { headers: PROTOBUF, body: protobufOf(traces(span())) });
      demand(answer.status === 200, describeHttp(answer));
    },
  },
];
