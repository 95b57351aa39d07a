import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, describe, mock, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { connect } from "node:tls";
import { credentials } from "@grpc/grpc-js";
import { EXPORT_TRACES, RawGrpcClient } from "./grpc-client.ts";
import { ask } from "./http-client.ts";
import { someSettings } from "./receiver-samples.ts";
import { clockStands, OtlpGrpcReceiver, OtlpHttpReceiver } from "./receivers-under-test.ts";
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

type Certificate = { readonly certFile: string; readonly keyFile: string };

/** A certificate that is its own authority, good for localhost. */
function makeCertificate(name: string): Certificate {
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

/** Opens a connection and returns it with the name on the server's certificate. */
async function greet(port: number, protocol: string): Promise<{ readonly name: string; readonly socket: TLSSocket }> {
  const socket = connect({ host: "localhost", port, rejectUnauthorized: false, ALPNProtocols: [protocol] });
  await once(socket, "secureConnect");
  return { name: String(socket.getPeerCertificate().subject.CN), socket };
}

function replace(inUse: Certificate, by: Certificate): void {
  copyFileSync(by.certFile, inUse.certFile);
  copyFileSync(by.keyFile, inUse.keyFile);
}

describe("renewing certificates", { skip: clockStands() }, () => {
  afterEach(() => mock.timers.reset());

  /** A look reads files; the next one is due some turns of the event loop after its timer has fired. */
  async function lookUntil(holds: () => boolean): Promise<void> {
    for (let turn = 0; turn < 100_000 && !holds(); turn++) {
      mock.timers.tick(5000);
      await new Promise(setImmediate);
    }
  }

  for (const { Receiver, protocol } of [
    { Receiver: OtlpHttpReceiver, protocol: "http/1.1" },
    { Receiver: OtlpGrpcReceiver, protocol: "h2" },
  ]) {
    test(`over ${protocol} takes force for new connections and leaves old ones alone`, options, async () => {
      const inUse = makeCertificate("first");
      const renewed = makeCertificate("second");
      mock.timers.enable({ apis: ["setTimeout"] });
      const door = new RecordingDoor();
      const settings = someSettings({ host: "localhost", tls: { ...inUse, clientCaFile: null } });
      await using receiver = await Receiver.start(settings, door);
      const before = await greet(receiver.address.port, protocol);
      assert.equal(before.name, "first");

      const change = once(door.tlsChanges, "change");
      replace(inUse, renewed);
      mock.timers.tick(5000);
      assert.deepEqual(await change, [{ kind: "renewed", settingName: settings.settingName }]);
      const after = await greet(receiver.address.port, protocol);
      assert.equal(after.name, "second");
      assert.equal(before.socket.readyState, "open");
      before.socket.destroy();
      after.socket.destroy();
    });
  }

  test("that cannot be used leaves the old one in force and is told once", options, async () => {
    const inUse = makeCertificate("kept");
    mock.timers.enable({ apis: ["setTimeout"] });
    const door = new RecordingDoor();
    const settings = someSettings({ host: "localhost", tls: { ...inUse, clientCaFile: null } });
    await using receiver = await OtlpHttpReceiver.start(settings, door);
    const told: string[] = [];
    door.tlsChanges.on("change", (change) => told.push(change.kind));

    const change = once(door.tlsChanges, "change");
    writeFileSync(inUse.certFile, "no certificate");
    await lookUntil(() => told.length > 0);
    const [{ error }] = (await change) as [{ readonly error: Error }];
    assert.match(error.message, /cannot use .*kept\.crt/);
    const { name, socket } = await greet(receiver.address.port, "http/1.1");
    assert.equal(name, "kept");
    socket.destroy();

    replace(inUse, makeCertificate("mended"));
    await lookUntil(() => told.includes("renewed"));
    assert.deepEqual(told, ["unusable", "renewed"]);
  });
});

/** By the clock of the threads, which cannot be moved: the files are looked at every five seconds. */
const inThreadsOnly = { skip: options.skip || (clockStands() === false && "only in threads") };

test("a renewed certificate takes force in every thread, and is told of once", inThreadsOnly, async () => {
  const inUse = makeCertificate("of threads");
  const door = new RecordingDoor();
  const settings = someSettings({ host: "localhost", tls: { ...inUse, clientCaFile: null } });
  await using receiver = await OtlpHttpReceiver.start(settings, door);
  const told: string[] = [];
  door.tlsChanges.on("change", ({ kind }) => told.push(kind));
  const change = once(door.tlsChanges, "change");
  replace(inUse, makeCertificate("renewed"));
  await change;
  // One thread has told; the others look at about the same time.
  for (let greetings = 0, renewed = 0; renewed < 20; greetings++) {
    assert.ok(greetings < 10_000, "the old certificate stays in force somewhere");
    const { name, socket } = await greet(receiver.address.port, "http/1.1");
    socket.destroy();
    renewed = name === "renewed" ? renewed + 1 : 0;
  }
  assert.deepEqual(told, ["renewed"]);
});
