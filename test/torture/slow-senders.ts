/**
 * `npm run slow-senders`
 *
 * Senders that stop in the middle, held against the clock of the whole program: each is cut off after
 * its time, and an honest sender is served all the while. Takes some 70 seconds, nearly all of them idle.
 */
import assert from "node:assert/strict";
import { AbusedService } from "./abuse/abused-service.ts";
import { CLIENT_HELLO, encodeFrame, exportHeaders, FLAGS } from "./abuse/http2-frames.ts";
import { RawConnection } from "./abuse/raw-connection.ts";

const COUNT = 100;
/** Timers of the program are looked at every two seconds, and the machine may be busy. */
const LATE_MAX_MS = 8_000;

const POST = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n";
const HALF_OF_CALL = Buffer.concat([
  CLIENT_HELLO,
  encodeFrame({ type: "headers", flags: FLAGS.endHeaders, streamId: 1, payload: exportHeaders() }),
  encodeFrame({ type: "data", flags: FLAGS.none, streamId: 1, payload: Buffer.from([0, 0, 0, 1, 0]) }),
]);

await using abused = await AbusedService.start();
const { grpcPort, httpPort } = abused;
await Promise.all([
  isCutOff("connections without a request", { port: httpPort, begins: "", afterMs: 10_000 }),
  isCutOff("headers without an end", { port: httpPort, begins: `${POST}x-slow: `, afterMs: 10_000 }),
  isCutOff("bodies without an end", {
    port: httpPort,
    begins: `${POST}content-length: 99\r\n\r\nslow`,
    afterMs: 60_000,
  }),
  isAnswered("calls without an end", { port: grpcPort, begins: HALF_OF_CALL, afterMs: 60_000 }),
]);
await abused.assertServes();
await abused.assertBooksAreRight();
await abused.service.stop();

type Slow = { readonly port: number; readonly begins: string | Uint8Array; readonly afterMs: number };

async function isCutOff(what: string, { port, begins, afterMs }: Slow): Promise<void> {
  const connections = await begun(port, begins);
  await within(what, afterMs, Promise.all(connections.map(({ closed }) => closed)));
}

/** One call ends and its connection, which may carry others, stays. */
async function isAnswered(what: string, { port, begins, afterMs }: Slow): Promise<void> {
  const connections = await begun(port, begins);
  const resets = connections.map(
    ({ socket }) =>
      new Promise<void>((resolve) => {
        socket.on("data", (chunk: Buffer) => {
          // RST_STREAM, of four bytes, for stream 1.
          if (chunk.includes(Buffer.from("0000040300", "hex"))) resolve();
        });
      }),
  );
  await within(what, afterMs, Promise.all(resets));
  for (const connection of connections) connection.close();
}

async function begun(port: number, bytes: string | Uint8Array): Promise<readonly RawConnection[]> {
  const connections = await RawConnection.openMany(port, COUNT);
  await Promise.all(connections.map((connection) => connection.write(bytes)));
  await abused.assertServes();
  return connections;
}

async function within(what: string, afterMs: number, end: Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  const deadline = Promise.withResolvers<never>();
  const timer = setTimeout(() => deadline.reject(new Error(`${what} are still there`)), afterMs + LATE_MAX_MS);
  await Promise.race([end, deadline.promise]);
  clearTimeout(timer);
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs > afterMs / 2, `${what} were cut off after ${Math.round(tookMs)} ms already`);
  console.log(`${what}: ${COUNT} cut off within ${(tookMs / 1000).toFixed(0)} s`);
}
