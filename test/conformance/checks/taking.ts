/** R1 to R7 and what belongs to them: requests that are fine, and how a receiver says so. */
import { Agent } from "node:http";
import { gzipSync } from "node:zlib";
import { SIGNALS } from "../../../src/core/otlp/verdict.ts";
import { demandGrpcStatus, demandHttpStatus, mediaTypeOf } from "../answers.ts";
import type { Check } from "../check.ts";
import { demand } from "../check.ts";
import { callGrpc, describeGrpc, EXPORT_PATHS, frame, GRPC_OK, GZIP, gzipFrame } from "../grpc-caller.ts";
import { callHttp, describeHttp, JSON_TYPE, PROTOBUF } from "../http-caller.ts";
import { ONE_OF_EACH, span, traces } from "../samples.ts";
import { forwardedSpan, grpcOf, httpOf } from "../target.ts";
import { demandTaken, protobufOf, sendBytes, waysInto } from "../ways.ts";

export const takingChecks: readonly Check[] = [
  {
    id: "R1.export",
    level: "MUST",
    sentence: "serves Export of the trace, metrics and logs services over gRPC",
    run: async (target) => {
      for (const request of ONE_OF_EACH) {
        const answer = await callGrpc(target, {
          path: EXPORT_PATHS[request.signal],
          frames: frame(protobufOf(request)),
        });
        demand(answer.status === GRPC_OK, `${request.signal}: ${describeGrpc(answer)}`);
      }
    },
  },
  {
    id: "R2.post",
    level: "MUST",
    sentence: "serves POST on /v1/traces, /v1/metrics and /v1/logs",
    run: async (target) => {
      for (const request of ONE_OF_EACH) {
        const path = `/v1/${request.signal}`;
        const answer = await callHttp(target, { path, headers: PROTOBUF, body: protobufOf(request) });
        demand(answer.status === 200, `${path}: ${describeHttp(answer)}`);
      }
    },
  },
  {
    id: "R2.json",
    level: "MUST",
    sentence: "takes JSON on the same paths",
    run: async (target) => {
      for (const { signal, json } of ONE_OF_EACH) {
        const answer = await callHttp(target, {
          path: `/v1/${signal}`,
          headers: JSON_TYPE,
          body: JSON.stringify(json),
        });
        demand(answer.status === 200, `${signal}: ${describeHttp(answer)}`);
      }
    },
  },
  {
    id: "R3.grpc-gzip",
    level: "MUST",
    sentence: "takes gzip over gRPC, and messages that are not packed beside it",
    run: async (target) => {
      const bytes = protobufOf(traces(span()));
      for (const frames of [gzipFrame(bytes), frame(bytes)]) {
        demandGrpcStatus(await callGrpc(target, { headers: GZIP, frames }), GRPC_OK);
      }
    },
  },
  {
    id: "R3.http-gzip",
    level: "MUST",
    sentence: "takes gzip over HTTP, in protobuf and in JSON",
    run: async (target) => {
      const request = traces(span());
      const packed = { "content-encoding": "gzip" };
      const protobuf = { headers: { ...PROTOBUF, ...packed }, body: gzipSync(protobufOf(request)) };
      const json = { headers: { ...JSON_TYPE, ...packed }, body: gzipSync(JSON.stringify(request.json)) };
      for (const call of [protobuf, json]) demandHttpStatus(await callHttp(target, call), 200);
    },
  },
  {
    id: "R3.content",
    level: "MUST",
    sentence: "forwards what came in gzip as what it was before",
    run: async (target) => {
      const sent = span({ name: "conformance, packed" });
      const headers = { ...PROTOBUF, "content-encoding": "gzip" };
      demandHttpStatus(await callHttp(target, { headers, body: gzipSync(protobufOf(traces(sent))) }), 200);
      const { name } = await forwardedSpan(target, sent.traceId);
      demand(name === sent["name"], `the span's name came out as ${JSON.stringify(name)}`);
    },
  },
  {
    id: "R4.parameters",
    level: "SHOULD",
    sentence: "knows a Content-Type by its media type, whatever its case and parameters",
    run: async (target) => {
      for (const type of ["application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]) {
        const answer = await callHttp(target, { headers: { "content-type": type }, body: "{}" });
        demand(answer.status === 200, `${type}: ${describeHttp(answer)}`);
      }
      const type = "application/x-protobuf; charset=utf-8";
      const answer = await callHttp(target, { headers: { "content-type": type } });
      demand(answer.status === 200, `${type}: ${describeHttp(answer)}`);
    },
  },
  {
    id: "R5.success",
    level: "MUST",
    sentence: "answers a success in the Content-Type of its request",
    run: async (target) => {
      for (const [headers, body] of [
        [PROTOBUF, protobufOf(traces(span()))],
        [JSON_TYPE, JSON.stringify(traces(span()).json)],
      ] as const) {
        const answer = await callHttp(target, { headers, body });
        demand(mediaTypeOf(answer) === headers["content-type"], describeHttp(answer));
      }
    },
  },
  {
    id: "R6.http-protobuf",
    level: "MUST",
    sentence: "says full success with 200 and, in protobuf, no bytes",
    run: async (target) => {
      const answer = await callHttp(target, { headers: PROTOBUF, body: protobufOf(traces(span())) });
      demand(answer.status === 200 && answer.body.length === 0, describeHttp(answer));
    },
  },
  {
    id: "R6.http-json",
    level: "MUST",
    sentence: "says full success with 200 and, in JSON, an object without partialSuccess",
    run: async (target) => {
      const answer = await callHttp(target, { headers: JSON_TYPE, body: JSON.stringify(traces(span()).json) });
      demand(answer.status === 200 && answer.body.toString().trim() === "{}", describeHttp(answer));
    },
  },
  {
    id: "R6.grpc",
    level: "MUST",
    sentence: "says full success with OK and one message of no bytes",
    run: async (target) => {
      const answer = await callGrpc(target, { frames: frame(protobufOf(traces(span()))) });
      demand(answer.status === GRPC_OK && answer.httpStatus === 200, describeGrpc(answer));
      const seen = answer.body === null ? "no message" : `a message of ${answer.body.length} bytes`;
      demand(answer.body?.length === 0, `${describeGrpc(answer)}, ${seen}`);
    },
  },
  {
    id: "R7.empty",
    level: "SHOULD",
    sentence: "takes an empty request: no bytes in protobuf, {} in JSON",
    run: async (target) => {
      for (const signal of SIGNALS) {
        for (const way of waysInto(target)) {
          const bytes = Buffer.from(way === "http/json" ? "{}" : "");
          const answer = await sendBytes(target, way, { signal, bytes });
          demand(answer.isTaken, `${signal} over ${way}: ${answer.seen}`);
        }
      }
    },
  },
  {
    id: "R27.response",
    level: "MUST",
    sentence: "does not pack the answer for a sender that did not ask for it",
    run: async (target) => {
      const { headers } = await callHttp(target, { headers: JSON_TYPE, body: "{}" });
      const encoding = headers["content-encoding"] ?? "identity";
      demand(encoding === "identity", `Content-Encoding: ${encoding}`);
      if (target.grpc === null) return;
      const answer = await callGrpc(target, { frames: frame(new Uint8Array()) });
      const packing = String(answer.headers["grpc-encoding"] ?? "identity");
      demand(packing === "identity", `grpc-encoding: ${packing}`);
    },
  },
  {
    id: "R29.keep-alive",
    level: "SHOULD",
    sentence: "keeps an HTTP connection open between requests",
    run: async (target) => {
      httpOf(target);
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const sockets = new Set<unknown>();
      agent.on("free", (socket: unknown) => sockets.add(socket));
      try {
        for (let count = 0; count < 3; count++) {
          const answer = await callHttp(target, { headers: JSON_TYPE, body: "{}", agent });
          demandHttpStatus(answer, 200);
          demand(answer.headers.connection !== "close", "Connection: close");
        }
      } finally {
        agent.destroy();
      }
      demand(sockets.size === 1, `${sockets.size} connections for 3 requests`);
    },
  },
  {
    id: "R30.envelopes",
    level: "MUST",
    sentence: "takes envelopes with nothing in them",
    run: async (target) => {
      const empty = [
        {},
        { resource: {} },
        { resource: {}, scopeSpans: [] },
        { scopeSpans: [{ scope: {}, spans: [] }] },
      ];
      await demandTaken(target, { signal: "traces", json: { resourceSpans: empty } });
      await demandTaken(target, {
        signal: "metrics",
        json: { resourceMetrics: [{ scopeMetrics: [{ metrics: [] }] }] },
      });
      await demandTaken(target, { signal: "logs", json: { resourceLogs: [{ scopeLogs: [{ logRecords: [] }] }] } });
    },
  },
  {
    id: "R32.content-type",
    level: "MUST",
    sentence: "takes application/grpc+proto and answers as application/grpc",
    run: async (target) => {
      grpcOf(target);
      const headers = { "content-type": "application/grpc+proto" };
      const answer = await callGrpc(target, { headers, frames: frame(new Uint8Array()) });
      demandGrpcStatus(answer, GRPC_OK);
      const type = String(answer.headers["content-type"]);
      demand(type.startsWith("application/grpc"), `Content-Type: ${type}`);
    },
  },
];
