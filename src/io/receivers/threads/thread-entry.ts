/**
 * Where a receiver thread begins: it speaks both protocols with the senders, and hands over what they send.
 *
 * It holds nothing that must outlive it. Should it die, its senders' connections end, nothing that was
 * not answered was acknowledged, and the main thread starts another.
 */
import { parentPort, workerData } from "node:worker_threads";
import { assert, assertNever } from "../../../core/assert.ts";
import { OtlpGrpcReceiver } from "../otlp-grpc.ts";
import { OtlpHttpReceiver } from "../otlp-http.ts";
import { receiverLimits } from "../receiver-limits.ts";
import { ReceiverError } from "../receiver-settings.ts";
import { HandOver } from "./hand-over.ts";
import type { FromThread, ReceiversSettings, ThreadFacts, ToThread } from "./thread-messages.ts";
import { plainError } from "./thread-messages.ts";

assert(parentPort !== null, "a receiver thread has a main thread");
const mainThread = parentPort;
const facts = workerData as ThreadFacts;
const post = (message: FromThread, moved: ArrayBuffer[] = []) => mainThread.postMessage(message, moved);
const door = new HandOver(facts, post);
const receivers: AsyncDisposable[] = [];
let listening: Promise<void> = Promise.resolve();

mainThread.on("message", (message: ToThread) => {
  switch (message.kind) {
    case "answers":
      return door.answered(message.answers);
    case "listen":
      listening = listen(message.settings);
      return;
    case "stop":
      return void stop();
    default:
      return assertNever(message);
  }
});

async function listen({ grpc, http }: ReceiversSettings): Promise<void> {
  const { limits, number } = facts;
  try {
    const overHttp = await OtlpHttpReceiver.start(http, door, receiverLimits(limits.http, number));
    receivers.push(overHttp);
    const overGrpc = await OtlpGrpcReceiver.start(grpc, door, receiverLimits(limits.grpc, number));
    receivers.push(overGrpc);
    post({ kind: "listening", addresses: { grpc: overGrpc.address, http: overHttp.address } });
  } catch (error) {
    if (!(error instanceof ReceiverError)) throw error;
    post({ kind: "cannot_listen", error: plainError(error) });
    await end();
  }
}

/** Not in the middle of beginning: what is bound then would stay. */
async function stop(): Promise<void> {
  await listening;
  await end();
}

/** Without its way to the main thread nothing is left that could bring the thread an event, and it ends. */
async function end(): Promise<void> {
  await Promise.all(receivers.map((receiver) => receiver[Symbol.asyncDispose]()));
  mainThread.close();
}
