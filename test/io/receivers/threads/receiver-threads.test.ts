import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { EventEmitter, once } from "node:events";
import { Agent } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import type { Worker } from "node:worker_threads";
import type { Verdict } from "../../../../src/core/otlp/verdict.ts";
import { schedule } from "../../../../src/io/platform/timers.ts";
import { ReceiverError } from "../../../../src/io/receivers/receiver-settings.ts";
import { ReceiverThreads } from "../../../../src/io/receivers/threads/receiver-threads.ts";
import { EXPORT_TRACES, RawGrpcClient } from "../grpc-client.ts";
import { ask } from "../http-client.ts";
import { someSettings, traceRequest } from "../receiver-samples.ts";
import { RecordingDoor } from "../recording-door.ts";

const protobuf = { "content-type": "application/x-protobuf" };

/** Threads with all that they say, and a way to make one die. */
class ThreadsUnderTest implements AsyncDisposable {
  readonly door = new RecordingDoor();
  readonly news = new EventEmitter<{ readonly death: [Error]; readonly replaced: [] }>();
  readonly #workers: Worker[] = [];
  readonly #onWorker = (message: unknown) => void this.#workers.push((message as { worker: Worker }).worker);
  #threads: ReceiverThreads | undefined;

  static async start(threadCount: number): Promise<ThreadsUnderTest> {
    const under = new ThreadsUnderTest();
    subscribe("worker_threads", under.#onWorker);
    const settings = someSettings({ portUse: threadCount > 1 ? "shared" : "alone" });
    under.#threads = await ReceiverThreads.start(
      { grpc: settings, http: settings },
      {
        threadCount,
        heapMaxMb: 256,
        door: under.door,
        schedule,
        onDeath: (error) => under.news.emit("death", error),
        onReplaced: () => under.news.emit("replaced"),
      },
    );
    under.door.refusalsElsewhere = () => under.threads.takeRefusals();
    return under;
  }

  get threads(): ReceiverThreads {
    assert.ok(this.#threads);
    return this.#threads;
  }

  get httpPort(): number {
    return this.threads.addresses.http.port;
  }

  /** The one that began first among those that live. */
  async endOne(): Promise<void> {
    await this.#workers.shift()?.terminate();
  }

  send(facts: object = {}) {
    return ask({ port: this.httpPort, headers: protobuf, body: traceRequest("a"), agent: false, ...facts });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    unsubscribe("worker_threads", this.#onWorker);
    await this.threads[Symbol.asyncDispose]();
  }
}

test("connections are dealt out, and one door takes what all threads bring over either protocol", async () => {
  await using under = await ThreadsUnderTest.start(3);
  using client = new RawGrpcClient(under.threads.addresses.grpc.port);
  const bodies = Array.from({ length: 40 }, (_, index) => traceRequest(`GET /${index}`));
  const answers = await Promise.all(bodies.map((body) => under.send({ body })));
  assert.ok(answers.every(({ statusCode }) => statusCode === 200));
  assert.equal((await client.call(EXPORT_TRACES, traceRequest("rpc"))).kind, "ok");
  const arrived = under.door.requests.map(({ bytes }) => Buffer.from(bytes).toString("hex")).sort();
  const sent = [...bodies, traceRequest("rpc")].map((bytes) => Buffer.from(bytes).toString("hex")).sort();
  assert.deepEqual(arrived, sent);
  assert.equal(under.threads.listeningCount, 3);
});

test("many requests of one connection, small and large, each get their own verdict", async () => {
  await using under = await ThreadsUnderTest.start(1);
  using client = new RawGrpcClient(under.threads.addresses.grpc.port);
  under.door.decide = async ({ bytes }): Promise<Verdict> => {
    const rejected = bytes.length;
    // Answered in another order than asked.
    await new Promise((resolve) => setTimeout(resolve, rejected % 3));
    return { kind: "partial", rejected, message: `${rejected} bytes` };
  };
  const sizes = Array.from({ length: 60 }, (_, index) => (index % 20 === 0 ? 3_000_000 : 10 * index));
  const answers = await Promise.all(sizes.map((size) => client.call(EXPORT_TRACES, traceRequest("x".repeat(size)))));
  for (const [index, answer] of answers.entries()) {
    const byteCount = traceRequest("x".repeat(sizes[index] ?? 0)).length;
    assert.ok(answer.kind === "ok" && answer.body.toString().includes(`${byteCount} bytes`));
  }
});

test("a thread that dies is told of and replaced, and what it had not answered was not acknowledged", async () => {
  await using under = await ThreadsUnderTest.start(1);
  const { promise: arrived, resolve: hasArrived } = Promise.withResolvers<void>();
  const { promise: decided, resolve: decide } = Promise.withResolvers<Verdict>();
  under.door.decide = () => {
    hasArrived();
    return decided;
  };
  const unanswered = assert.rejects(under.send(), { code: "ECONNRESET" });
  await arrived;
  const [death, replaced] = [once(under.news, "death"), once(under.news, "replaced")];
  await under.endOne();
  await unanswered;
  assert.match(((await death) as [Error])[0].message, /ended with code 1/);
  assert.equal(under.threads.listeningCount, 0);
  await replaced;
  assert.equal(under.threads.listeningCount, 1);
  decide({ kind: "accepted" });
  under.door.decide = () => ({ kind: "accepted" });
  assert.equal((await under.send()).statusCode, 200);
});

test("while one of several threads is dead the others take new connections", async () => {
  await using under = await ThreadsUnderTest.start(2);
  const replaced = once(under.news, "replaced");
  await under.endOne();
  assert.equal(under.threads.listeningCount, 1);
  const answers = await Promise.all(Array.from({ length: 10 }, () => under.send()));
  assert.ok(answers.every(({ statusCode }) => statusCode === 200));
  await replaced;
  assert.equal(under.threads.listeningCount, 2);
});

test("what a thread had under way when it died is free for the others", async () => {
  await using under = await ThreadsUnderTest.start(1);
  for (let round = 0; round < 2; round++) {
    const slow = connect(under.httpPort, "127.0.0.1");
    slow.on("error", () => {});
    const head = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n";
    slow.write(`${head}content-length: 60000000\r\n\r\n`);
    slow.write(Buffer.alloc(50_000_000));
    await once(slow, "drain");
    const replaced = once(under.news, "replaced");
    await under.endOne();
    await replaced;
    slow.destroy();
  }
  const answer = await under.send({ body: Buffer.alloc(60_000_000) });
  assert.notEqual(answer.statusCode, 503);
});

test("refusals are counted once each, whichever thread refused and whether it lives", async () => {
  await using under = await ThreadsUnderTest.start(2);
  await Promise.all(Array.from({ length: 20 }, () => under.send({ path: "/v1/other" })));
  const replaced = once(under.news, "replaced");
  await under.endOne();
  await replaced;
  assert.deepEqual(under.door.refusals, Array<string>(20).fill("none not_found"));
});

test("a port that another authspike shares among its own threads is taken", async () => {
  await using under = await ThreadsUnderTest.start(2);
  const taken = someSettings({ port: under.httpPort, portUse: "shared" });
  const starting = ReceiverThreads.start(
    { grpc: someSettings({ portUse: "shared" }), http: taken },
    { threadCount: 2, heapMaxMb: 256, door: new RecordingDoor(), schedule, onDeath: () => {}, onReplaced: () => {} },
  );
  await assert.rejects(starting, (error) => error instanceof ReceiverError && error.kind === "port_taken");
});

test("a stop in the middle of everything ends all threads and answers what it can", async () => {
  const under = await ThreadsUnderTest.start(2);
  const agent = new Agent({ keepAlive: true });
  const answers = Array.from({ length: 50 }, () =>
    under.send({ agent }).then(
      ({ statusCode }) => statusCode,
      () => 0,
    ),
  );
  await once(under.door.news, "request");
  await under[Symbol.asyncDispose]();
  agent.destroy();
  const statuses = await Promise.all(answers);
  assert.ok(statuses.includes(200));
  assert.ok(statuses.every((status) => status === 200 || status === 0));
});
