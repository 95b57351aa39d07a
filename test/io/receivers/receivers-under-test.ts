/**
 * The receivers that tests of receivers start: in this thread, or in two threads of their own when the
 * tests are imported by a file that has asked for that. What is promised is the same.
 */
import type { ExportDoor } from "../../../src/io/receivers/export-door.ts";
import { OtlpGrpcReceiver as GrpcReceiverHere } from "../../../src/io/receivers/otlp-grpc.ts";
import type { HttpReceiverSettings } from "../../../src/io/receivers/otlp-http.ts";
import { OtlpHttpReceiver as HttpReceiverHere } from "../../../src/io/receivers/otlp-http.ts";
import type { BoundAddress } from "../../../src/io/receivers/receiver-settings.ts";
import { ReceiverThreads } from "../../../src/io/receivers/threads/receiver-threads.ts";
import { someSettings } from "./receiver-samples.ts";
import type { RecordingDoor } from "./recording-door.ts";

const THREADS = 2;

let where: "here" | "in threads" = "here";

/** To be called before the tests are imported. */
export function receiveInThreads(): void {
  where = "in threads";
}

/** Tests that move the clock skip themselves: that of another thread cannot be moved. */
export function clockStands(): string | false {
  return where === "in threads" && "the clock of a thread cannot be moved";
}

export type ReceiverUnderTest = AsyncDisposable & { readonly address: BoundAddress };
export type Receiver = { start(settings: HttpReceiverSettings, door: RecordingDoor): Promise<ReceiverUnderTest> };

export const OtlpHttpReceiver: Receiver = {
  start: (settings, door) => {
    if (where === "here") return HttpReceiverHere.start(settings, door);
    return startThreads({ http: settings, grpc: someSettings() }, door, "http");
  },
};

export const OtlpGrpcReceiver: Receiver = {
  start: (settings, door) => {
    if (where === "here") return GrpcReceiverHere.start(settings, door);
    return startThreads({ http: someSettings(), grpc: settings }, door, "grpc");
  },
};

type Settings = { readonly http: HttpReceiverSettings; readonly grpc: HttpReceiverSettings };

async function startThreads(
  { grpc, http }: Settings,
  door: RecordingDoor,
  meant: keyof Settings,
): Promise<ReceiverUnderTest> {
  const settings = { grpc: { ...grpc, portUse: "shared" }, http: { ...http, portUse: "shared" } } as const;
  const threads = await ReceiverThreads.start(settings, { threadCount: THREADS, ...threadParts(door) });
  door.refusalsElsewhere = () => threads.takeRefusals();
  return { address: threads.addresses[meant], [Symbol.asyncDispose]: () => threads[Symbol.asyncDispose]() };
}

/** A thread that dies fails the test: nobody asked it to. */
function threadParts(door: ExportDoor) {
  return {
    heapMaxMb: 256,
    door,
    schedule: () => () => {},
    onDeath: (error: Error) => {
      throw error;
    },
    onReplaced: () => {},
  };
}
