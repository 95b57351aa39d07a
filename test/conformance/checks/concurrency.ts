/** R29 and R31: many senders, slow senders, and senders that go away. */
import { Agent } from "node:http";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { demandGrpcStatus, demandHttpStatus } from "../answers.ts";
import type { Check } from "../check.ts";
import { demand } from "../check.ts";
import { describeGrpc, frame, GRPC_OK, GrpcConnection } from "../grpc-caller.ts";
import { callHttp, JSON_TYPE, PROTOBUF } from "../http-caller.ts";
import { span, traces } from "../samples.ts";
import type { Target } from "../target.ts";
import { httpOf } from "../target.ts";
import { protobufOf } from "../ways.ts";

const IN_FLIGHT_COUNT = 200;
const message = protobufOf(traces(span()));

/** The head of a request, and half of its body; the rest is up to the caller. */
function halfRequest(target: Target, body: Uint8Array) {
  const { hostname, port, pathname } = new URL(httpOf(target));
  const socket = connect(Number(port || 80), hostname.replaceAll(/[[\]]/g, ""));
  const token = target.bearerToken === null ? "" : `authorization: Bearer ${target.bearerToken}\r\n`;
  const path = `${pathname.replace(/\/$/, "")}/v1/traces`;
  const head = `POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\n${token}content-type: application/x-protobuf\r\n`;
  socket.write(`${head}connection: close\r\ncontent-length: ${body.length}\r\n\r\n`);
  socket.write(body.subarray(0, body.length / 2));
  socket.on("error", () => {});
  return { socket, finish: () => socket.write(body.subarray(body.length / 2)) };
}

/** All that comes until the connection ends, in whichever way. */
async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => socket.once("close", resolve));
  return Buffer.concat(chunks).toString();
}

export const concurrencyChecks: readonly Check[] = [
  {
    id: "R31.in-flight",
    level: "SHOULD",
    sentence: "serves 200 calls in flight on one connection, whichever ends first",
    run: async (target) => {
      using connection = new GrpcConnection(target);
      const frames = frame(message);
      const calls = Array.from({ length: IN_FLIGHT_COUNT }, () => connection.open({}));
      for (const { stream } of calls) stream.write(frames.subarray(0, 10));
      for (const { stream } of calls.toReversed()) stream.end(frames.subarray(10));
      const answers = await Promise.all(calls.map(({ answer }) => answer));
      const failed = answers.filter(({ status }) => status !== GRPC_OK);
      demand(failed.length === 0, `${failed.length} failed, one with ${failed[0] && describeGrpc(failed[0])}`);
    },
  },
  {
    id: "R31.slow-call",
    level: "SHOULD",
    sentence: "does not let a call whose message is still coming hold up others on its connection",
    run: async (target) => {
      using connection = new GrpcConnection(target);
      const frames = frame(message);
      const slow = connection.open({});
      slow.stream.write(frames.subarray(0, 10));
      for (let count = 0; count < 20; count++) demandGrpcStatus(await connection.call({ frames }), GRPC_OK);
      slow.stream.end(frames.subarray(10));
      demandGrpcStatus(await slow.answer, GRPC_OK);
    },
  },
  {
    id: "R31.slow-request",
    level: "SHOULD",
    sentence: "does not let a request whose body is still coming hold up other connections",
    run: async (target) => {
      const slow = halfRequest(target, message);
      const answer = textOf(slow.socket);
      for (let count = 0; count < 20; count++) {
        demandHttpStatus(await callHttp(target, { headers: PROTOBUF, body: message }), 200);
      }
      slow.finish();
      const text = await answer;
      demand(text.startsWith("HTTP/1.1 200"), text.slice(0, 40) || "no answer");
    },
  },
  {
    id: "R31.http",
    level: "SHOULD",
    sentence: "serves 200 HTTP requests at once over 20 connections",
    run: async (target) => {
      httpOf(target);
      const agent = new Agent({ keepAlive: true, maxSockets: 20 });
      try {
        const send = () => callHttp(target, { headers: PROTOBUF, body: message, agent });
        const answers = await Promise.all(Array.from({ length: IN_FLIGHT_COUNT }, send));
        for (const answer of answers) demandHttpStatus(answer, 200);
      } finally {
        agent.destroy();
      }
    },
  },
  {
    id: "R31.gone",
    level: "MUST",
    sentence: "goes on serving when senders go away in the middle of a request",
    run: async (target) => {
      for (let count = 0; count < 5; count++) halfRequest(target, message).socket.resetAndDestroy();
      demandHttpStatus(await callHttp(target, { headers: PROTOBUF, body: message }), 200);
    },
  },
  {
    id: "R29.after-errors",
    level: "SHOULD",
    sentence: "keeps an HTTP connection usable after requests that it refused",
    run: async (target) => {
      httpOf(target);
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const sockets = new Set<unknown>();
      agent.on("free", (socket: unknown) => sockets.add(socket));
      try {
        await callHttp(target, { headers: JSON_TYPE, body: "{", agent });
        await callHttp(target, { headers: JSON_TYPE, body: "{}", path: "/v1/unknown", agent });
        await callHttp(target, { headers: { "content-type": "text/plain" }, body: "telemetry", agent });
        demandHttpStatus(await callHttp(target, { headers: JSON_TYPE, body: "{}", agent }), 200);
      } finally {
        agent.destroy();
      }
      demand(sockets.size === 1, `${sockets.size} connections for 4 requests`);
    },
  },
];
