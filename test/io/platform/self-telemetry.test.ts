import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { SelfTelemetryError, startSelfTelemetry } from "../../../src/io/platform/self-telemetry.ts";
import { traceDeliveries } from "../../../src/io/platform/traced-deliveries.ts";
import { MetricRegistry } from "../../../src/service/metrics.ts";

type Received = { readonly path: string; readonly authorization: string | undefined; readonly body: string };

class Backend {
  readonly received: Received[] = [];
  readonly #server: Server = createServer((request, response) => void this.#take(request, response));

  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const bound = this.#server.address();
    return `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    this.received.push({ path: request.url ?? "", authorization: request.headers.authorization, body });
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

test("metrics and spans reach the backend, the last of them at the end", async () => {
  using backend = new Backend();
  const endpoint = await backend.start();
  const registry = new MetricRegistry();
  registry.counters({ name: "authspike_items", help: "Items", unit: "{item}" }).with({ signal: "traces" }).add(41);
  registry.gauge({ name: "authspike_series", help: "Series", unit: "{series}" }, () => [{ labels: {}, value: 7 }]);
  registry.histogram({ name: "authspike_wait_seconds", help: "Wait", unit: "s" }, [0.1, 1]).observe(0.5);

  const headers = { authorization: "Bearer ours" };
  const settings = { endpoint: `${endpoint}/base/`, headers, version: "0.1.0", ownAddresses: [] };
  const telemetry = await startSelfTelemetry(settings, registry);
  const sender = traceDeliveries({
    send: async (_row: { readonly id: number; readonly alertId: string; readonly action: string }, _options: null) =>
      ({ kind: "rejected", reason: "wrong key", status: 400, bodyExcerpt: "", latencyMs: 1 }) as const,
  });
  await sender.send({ id: 1, alertId: "http-401-x", action: "trigger" }, null);
  await telemetry[Symbol.asyncDispose]();

  const bodyOf = (path: string) => backend.received.find((received) => received.path === path)?.body ?? "";
  const sent = bodyOf("/base/v1/metrics");
  assert.match(sent, /"name":"authspike_items","description":"Items","unit":"\{item\}"/);
  assert.match(sent, /"asDouble":41|"asInt":"?41/);
  assert.match(sent, /"name":"authspike_wait_seconds_bucket"/);
  assert.match(bodyOf("/base/v1/traces"), /"name":"deliver page".*"wrong key"/s);
  assert.ok(backend.received.every(({ authorization }) => authorization === "Bearer ours"));
});

test("telemetry that would come back to our own receivers is refused", async () => {
  const ownAddresses = [{ host: "localhost", port: 4318 }];
  for (const endpoint of ["http://localhost:4318", "http://[::1]:4318/base", "http://127.0.0.1:4318"]) {
    const settings = { endpoint, headers: {}, version: "0.1.0", ownAddresses };
    await assert.rejects(startSelfTelemetry(settings, new MetricRegistry()), SelfTelemetryError, endpoint);
  }
});
