/** Destinations that refuse a whole batch for what they cannot read in a few of its requests. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { countItems } from "../../../src/core/otlp/signal-count.ts";
import { traceRequest } from "../../support/trace-request.ts";
import { ExporterWorld } from "./exporter-world.ts";

/** Refuses some requests with one status, and counts the spans of the others. */
class StrictBackend implements AsyncDisposable {
  readonly #server: Server;
  spanCount = 0;
  requestCount = 0;

  private constructor(isRefused: (body: Buffer) => boolean, status: number) {
    this.#server = createServer((request, response) => {
      void buffer(request).then((body) => this.#answer(response, isRefused(body) ? status : 200, body));
    });
  }

  #answer(response: ServerResponse, status: number, body: Buffer): void {
    this.requestCount++;
    if (status !== 200) {
      response.writeHead(status, { "content-type": "text/plain" }).end("string field contains invalid UTF-8");
      return;
    }
    const counted = countItems("traces", body);
    assert.equal(counted.kind, "counted");
    this.spanCount += counted.itemCount;
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  }

  static async start(isRefused: (body: Buffer) => boolean, status = 400): Promise<StrictBackend> {
    const backend = new StrictBackend(isRefused, status);
    backend.#server.listen(0, "127.0.0.1");
    await once(backend.#server, "listening");
    return backend;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

const POISON = "/poison";
const holdsPoison = (body: Buffer) => body.includes(POISON);

function spans(routes: readonly string[]): Uint8Array {
  return traceRequest(routes.map((route) => ({ route })));
}

test("of a batch that a destination calls malformed only the bad senders' requests are dropped, and counted", async () => {
  await using backend = await StrictBackend.start(holdsPoison);
  await using world = await ExporterWorld.create("http/protobuf", { endpoint: backend.url });
  for (let sender = 0; sender < 100; sender++) {
    const routes = [sender % 40 === 7 ? POISON : "/good", "/also-good"];
    await world.append("traces", spans(routes), routes.length);
  }
  await world.until(() => world.queued("traces") === 0);
  assert.equal(backend.spanCount, 2 * 97);
  assert.equal(world.queues.total("traces", "backend", "dropped"), 2 * 3);
  assert.ok(backend.requestCount < 50, `${backend.requestCount} requests`);
});

test("one sender's own request is not sent again when it is refused", async () => {
  await using backend = await StrictBackend.start(holdsPoison);
  await using world = await ExporterWorld.create("http/protobuf", { endpoint: backend.url });
  await world.append("traces", spans(["/good", POISON]), 2);
  await world.until(() => world.queued("traces") === 0);
  assert.equal(backend.requestCount, 1);
  assert.equal(world.queues.total("traces", "backend", "dropped"), 2);
});

test("a destination that takes nothing costs a few requests more, not one for each sender's", async () => {
  await using backend = await StrictBackend.start(() => true);
  await using world = await ExporterWorld.create("http/protobuf", { endpoint: backend.url });
  for (let sender = 0; sender < 200; sender++) await world.append("traces", spans(["/any"]), 1);
  await world.until(() => world.queued("traces") === 0);
  assert.equal(world.queues.total("traces", "backend", "dropped"), 200);
  assert.ok(backend.requestCount <= 40, `${backend.requestCount} requests`);
});

test("a destination to which everything is too large is not asked once for each item", async () => {
  await using backend = await StrictBackend.start(() => true, 413);
  await using world = await ExporterWorld.create("http/protobuf", { endpoint: backend.url });
  await world.append("traces", spans(Array.from({ length: 500 }, () => "/any")), 500);
  await world.until(() => world.queued("traces") === 0);
  assert.equal(world.queues.total("traces", "backend", "dropped"), 500);
  assert.ok(backend.requestCount < 60, `${backend.requestCount} requests`);
});
