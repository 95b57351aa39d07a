/**
 * The object relay as a process: OTLP in over gRPC and HTTP, decoded to objects, marked, encoded and
 * sent on. It keeps no queue: what it acknowledges it has sent on.
 *
 * Arguments: the protocol and the address to send to.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { relayWithObjects } from "./object-relay.ts";
import type { Protocol } from "./otlp-sender.ts";
import { openSender } from "./otlp-sender.ts";

const HOST = "127.0.0.1";
const CONCURRENCY = 16;
const EXPORT_PATH = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const NOTHING = Buffer.alloc(0);

const [protocol, endpoint = ""] = process.argv.slice(2);
const sender = await openSender(protocol as Protocol, endpoint, CONCURRENCY);
const relay = (bytes: Uint8Array) => sender.send(relayWithObjects(bytes));

const http = createServer((request, response) => void answer(request, response));
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isTaken = await relay(await buffer(request));
  response.writeHead(isTaken ? 200 : 503, { "content-type": "application/x-protobuf" }).end();
}
await new Promise<void>((resolve) => http.listen(0, HOST, resolve));

const asIs = (bytes: Buffer) => bytes;
const grpc = new Server({ "grpc.max_receive_message_length": -1 });
const service = {
  Export: {
    path: EXPORT_PATH,
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
} as const;
grpc.addService(service, {
  Export: (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
    void relay(call.request).then(() => reply(null, NOTHING));
  },
});
const grpcPort = await new Promise<number>((resolve, reject) => {
  grpc.bindAsync(`${HOST}:0`, ServerCredentials.createInsecure(), (error, port) =>
    error === null ? resolve(port) : reject(error),
  );
});

console.log(`OTLP grpc ${HOST}:${grpcPort}, http ${HOST}:${(http.address() as AddressInfo).port}`);
