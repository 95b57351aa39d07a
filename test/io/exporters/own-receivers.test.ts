/** authspike sends to authspike: what its exporters do with TLS, and with a receiver that takes less at once. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { countItems } from "../../../src/core/otlp/signal-count.ts";
import { OtlpGrpcReceiver } from "../../../src/io/receivers/otlp-grpc.ts";
import { OtlpHttpReceiver } from "../../../src/io/receivers/otlp-http.ts";
import { traceRequest } from "../../support/trace-request.ts";
import { someSettings } from "../receivers/receiver-samples.ts";
import { RecordingDoor } from "../receivers/recording-door.ts";
import { ExporterWorld } from "./exporter-world.ts";

const directory = mkdtempSync(join(tmpdir(), "authspike-exporter-tls-"));
after(() => rmSync(directory, { recursive: true }));

/** A certificate that is its own authority, good for localhost; null without openssl. */
function makeCertificate(name: string) {
  const certFile = join(directory, `${name}.crt`);
  const keyFile = join(directory, `${name}.key`);
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
  try {
    execFileSync("openssl", ["req", "-x509", "-days", "2", ...key, "-out", certFile, ...subject], { stdio: "ignore" });
    return { certFile, keyFile };
  } catch {
    return null;
  }
}

function spans(count: number): Uint8Array {
  return traceRequest(Array.from({ length: count }, (_, index) => ({ route: `/${index}` })));
}

const receivers = { grpc: OtlpGrpcReceiver, "http/protobuf": OtlpHttpReceiver } as const;

for (const protocol of ["grpc", "http/protobuf"] as const) {
  test(`${protocol}: a client certificate is shown where one is asked for`, async (context) => {
    const server = makeCertificate("server");
    const client = makeCertificate("client");
    if (server === null || client === null) return context.skip("needs openssl to make certificates");
    const settings = someSettings({ host: "localhost", tls: { ...server, clientCaFile: client.certFile } });
    const door = new RecordingDoor();
    await using receiver = await receivers[protocol].start(settings, door);
    await using world = await ExporterWorld.create(protocol, {
      endpoint: `https://localhost:${receiver.address.port}`,
      tls: { insecure: false, caFile: server.certFile, ...client },
    });
    await world.append("traces", spans(3), 3);
    await world.until(() => world.queued("traces") === 0);
    assert.equal(door.requests.length, 1);
    assert.deepEqual(world.logLines, []);
  });

  test(`${protocol}: a batch larger than the receiver takes arrives in pieces, but for the span that never fits`, async () => {
    const door = new RecordingDoor();
    await using receiver = await receivers[protocol].start(someSettings({ maxRequestBytes: 20_000 }), door);
    await using world = await ExporterWorld.create(protocol, {
      endpoint: `http://127.0.0.1:${receiver.address.port}`,
    });
    await world.append("traces", spans(400), 400);
    await world.append("traces", traceRequest([{ attributes: { large: "x".repeat(30_000) } }]), 1);
    await world.until(() => world.queued("traces") === 0);
    const counts = door.requests.map(({ bytes }) => countItems("traces", bytes));
    assert.equal(
      counts.reduce((sum, counted) => sum + (counted.kind === "counted" ? counted.itemCount : 0), 0),
      400,
    );
    assert.deepEqual(Object.fromEntries(world.queues.books), {
      "traces backend sent": 400,
      "traces backend exporter_rejected": 1,
    });
  });
}
