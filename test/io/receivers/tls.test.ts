import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { credentials } from "@grpc/grpc-js";
import { OtlpGrpcReceiver } from "../../../src/io/receivers/otlp-grpc.ts";
import { OtlpHttpReceiver } from "../../../src/io/receivers/otlp-http.ts";
import { EXPORT_TRACES, RawGrpcClient } from "./grpc-client.ts";
import { ask } from "./http-client.ts";
import { someSettings } from "./receiver-samples.ts";
import { RecordingDoor } from "./recording-door.ts";

const directory = mkdtempSync(join(tmpdir(), "authspike-tls-"));
after(() => rmSync(directory, { recursive: true }));

const hasOpenssl = canRun("openssl");
const options = { skip: hasOpenssl ? false : "needs openssl to make certificates" };

function canRun(command: string): boolean {
  try {
    execFileSync(command, ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A certificate that is its own authority, good for localhost. */
function makeCertificate(name: string): { readonly certFile: string; readonly keyFile: string } {
  const certFile = join(directory, `${name}.crt`);
  const keyFile = join(directory, `${name}.key`);
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
  execFileSync("openssl", ["req", "-x509", "-days", "2", ...key, "-out", certFile, ...subject], { stdio: "ignore" });
  return { certFile, keyFile };
}

test(
  "with TLS and a client authority only holders of its certificates get in, over either protocol",
  options,
  async () => {
    const server = makeCertificate("server");
    const client = makeCertificate("client");
    const settings = someSettings({ host: "localhost", tls: { ...server, clientCaFile: client.certFile } });
    const [ca, cert, key] = [server.certFile, client.certFile, client.keyFile].map((file) => readFileSync(file));
    assert.ok(ca && cert && key);

    await using http = await OtlpHttpReceiver.start(settings, new RecordingDoor());
    const question = {
      protocol: "https:",
      host: "localhost",
      port: http.address.port,
      headers: { "content-type": "application/json" },
      body: "{}",
    };
    assert.equal((await ask({ ...question, ca, cert, key })).statusCode, 200);
    await assert.rejects(ask({ ...question, ca }));

    await using grpc = await OtlpGrpcReceiver.start(settings, new RecordingDoor());
    using known = new RawGrpcClient(grpc.address.port, credentials.createSsl(ca, key, cert));
    assert.equal((await known.call(EXPORT_TRACES, new Uint8Array())).kind, "ok");
    using unknown = new RawGrpcClient(grpc.address.port, credentials.createSsl(ca));
    assert.equal((await unknown.call(EXPORT_TRACES, new Uint8Array())).kind, "error");
  },
);

test("a missing file and a key of another certificate are errors that name the file", options, async () => {
  const one = makeCertificate("one");
  const other = makeCertificate("other");
  const missing = someSettings({ tls: { ...one, certFile: join(directory, "missing.crt"), clientCaFile: null } });
  await assert.rejects(
    OtlpHttpReceiver.start(missing, new RecordingDoor()),
    /cannot read tls\.cert_file: .*missing\.crt/,
  );
  const mixed = someSettings({ tls: { ...one, keyFile: other.keyFile, clientCaFile: null } });
  await assert.rejects(OtlpGrpcReceiver.start(mixed, new RecordingDoor()), /cannot use .*one\.crt with .*other\.key/);
});
