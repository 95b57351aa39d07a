import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { createLogger } from "../../../src/io/platform/logger.ts";

class MemoryStream extends Writable {
  text = "";
  readonly isTTY: boolean;

  constructor(kind: "terminal" | "pipe") {
    super();
    this.isTTY = kind === "terminal";
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

const SECRET = "R0UT1NGKEYR0UT1NGKEY";

test("writes one JSON object a line where nobody looks on", () => {
  const stream = new MemoryStream("pipe");
  createLogger({ level: "info", format: "auto" }, stream).child({ part: "outbox" }).warn({ attempt: 2 }, "will retry");
  const { time, ...record } = JSON.parse(stream.text) as Record<string, unknown>;
  assert.deepEqual(record, { level: "warn", part: "outbox", attempt: 2, msg: "will retry" });
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("writes a short line on a terminal, with the error below", () => {
  const stream = new MemoryStream("terminal");
  const log = createLogger({ level: "info", format: "auto" }, stream).child({ part: "outbox" });
  log.warn({ attempt: 2, target: "pager duty", err: new Error("refused") }, "will retry");
  const lines = stripVTControlCharacters(stream.text).split("\n");
  assert.match(lines[0] ?? "", /^\d\d:\d\d:\d\d WARN {2}outbox: will retry {2}attempt=2 target="pager duty"$/);
  assert.match(lines[1] ?? "", /^ {2}Error: refused$/);
});

test("says nothing below its level", () => {
  const stream = new MemoryStream("pipe");
  const log = createLogger({ level: "warn", format: "json" }, stream);
  log.info("lifecycle");
  log.child({ part: "outbox" }).debug("batch");
  assert.equal(stream.text, "");
});

for (const kind of ["pipe", "terminal"] as const) {
  test(`never shows a routing key, a token or an authorization header (${kind})`, () => {
    const stream = new MemoryStream(kind);
    const log = createLogger({ level: "info", format: "auto" }, stream).child({ routing_key: SECRET });
    log.info({ routingKey: SECRET, token: SECRET }, "top");
    log.info({ headers: { authorization: SECRET, "set-cookie": [SECRET] } }, "headers");
    log.info({ request: { headers: { Authorization: SECRET }, body: { routing_key: SECRET } } }, "request");
    log.info({ config: { receivers: { grpc: { bearerTokens: [SECRET] } } } }, "config");
    assert.equal(stream.text.match(/\[redacted\]/g)?.length, 11);
    assert.ok(!stream.text.includes(SECRET));
  });
}
