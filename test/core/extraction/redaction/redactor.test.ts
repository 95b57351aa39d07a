import assert from "node:assert/strict";
import { test } from "node:test";
import protobuf from "protobufjs";
import { Redactor } from "../../../../src/core/extraction/redaction/redactor.ts";
import { DEFAULT_RULES } from "../../../../src/core/extraction/redaction/secrets-in-text.ts";
import type { Signal } from "../../../../src/core/otlp/verdict.ts";
import { SIGNALS } from "../../../../src/core/otlp/verdict.ts";
import { anyMessage } from "../../../support/otlp-arbitrary.ts";
import { decode, encode, LOGS_REQUEST, METRICS_REQUEST, TRACE_REQUEST } from "../../../support/otlp-protobuf.ts";
import { anyTraceRequest } from "../../../support/otlp-requests.ts";
import { fc } from "../../../support/properties.ts";
import type { WireMessage } from "../../../support/wire-tree.ts";
import { encodeTree } from "../../../support/wire-tree.ts";
import { redactText } from "./redact-text.ts";

const REQUESTS: Readonly<Record<Signal, protobuf.Type>> = {
  traces: TRACE_REQUEST,
  metrics: METRICS_REQUEST,
  logs: LOGS_REQUEST,
};

test("every text of every message of every signal is redacted", () => {
  for (const signal of SIGNALS) {
    const full = fullMessage(REQUESTS[signal], "before password=hunter2 after", 0);
    const expected = fullMessage(REQUESTS[signal], "before password=[redacted:password] after", 0);
    const bytes = new Redactor(DEFAULT_RULES).redact(signal, encode(REQUESTS[signal], full));
    assert.deepEqual(decode(REQUESTS[signal], bytes), decode(REQUESTS[signal], encode(REQUESTS[signal], expected)));
  }
});

test("a value is redacted by its key, whatever its form", () => {
  const value = (any: object) => valueUnder("http.request.header.x-api-key", any);
  assert.deepEqual(value({ stringValue: "abc" }), { stringValue: "[redacted:api_key]" });
  assert.deepEqual(value({ intValue: 123_456 }), { stringValue: "[redacted:api_key]" });
  assert.deepEqual(value({ doubleValue: 1.5 }), { stringValue: "[redacted:api_key]" });
  assert.deepEqual(value({ boolValue: true }), { boolValue: true });
  assert.deepEqual(value({ stringValue: "***" }), { stringValue: "***" });
  assert.deepEqual(value({ arrayValue: { values: [{ stringValue: "abc" }, { intValue: 7 }] } }), {
    arrayValue: { values: [{ stringValue: "[redacted:api_key]" }, { stringValue: "[redacted:api_key]" }] },
  });
  assert.deepEqual(value({ kvlistValue: { values: [{ key: "a", value: { stringValue: "abc" } }] } }), {
    kvlistValue: { values: [{ key: "a", value: { stringValue: "[redacted:api_key]" } }] },
  });
});

test("an authorization keeps its scheme, a cookie its name and how it is kept", () => {
  const text = (key: string, stringValue: string) => valueUnder(key, { stringValue });
  const bearer = text("http.request.header.authorization", "Bearer abc");
  assert.deepEqual(bearer, { stringValue: "Bearer [redacted:bearer]" });
  const digest = text("http.request.header.proxy-authorization", 'Digest username="anna", response="1"');
  assert.deepEqual(digest, { stringValue: "Digest [redacted:credential]" });
  assert.deepEqual(text("Authorization", "opensesame"), { stringValue: "[redacted:credential]" });
  const cookie = text("http.request.header.cookie", "sid=1; theme=dark");
  assert.deepEqual(cookie, { stringValue: "sid=[redacted:cookie]; theme=[redacted:cookie]" });
  const setCookie = text("http.response.header.set_cookie", "sid=1; Path=/; HttpOnly; Max-Age=60");
  assert.deepEqual(setCookie, { stringValue: "sid=[redacted:cookie]; Path=/; HttpOnly; Max-Age=60" });
});

test("in a list of words the one after a flag for a secret is redacted", () => {
  const words = (...values: readonly string[]) => ({
    arrayValue: { values: values.map((stringValue) => ({ stringValue })) },
  });
  const given = words("shop", "--db-password", "hunter2", "-v", "--token", "abc", "--token-type", "jwt", "--token");
  const wanted = words(
    "shop",
    "--db-password",
    "[redacted:password]",
    "-v",
    "--token",
    "[redacted:token]",
    "--token-type",
    "jwt",
    "--token",
  );
  assert.deepEqual(valueUnder("process.command_args", given), wanted);
});

test("names of secrets are known in all spellings", () => {
  for (const [key, kind] of [
    ["clientSecret", "secret"],
    ["DB_PASSWORD", "password"],
    ["user.password_hash", "password"],
    ["aws.secret_access_key", "api_key"],
    ["http.request.header.x_api_key", "api_key"],
    ["rpc.grpc.request.metadata.x-auth-token", "token"],
    ["ocp-apim-subscription-key", "api_key"],
    ["ssl.private_key", "private_key"],
    ["auth.bearer", "bearer"],
    ["password2", "password"],
  ]) {
    assert.deepEqual(
      valueUnder(String(key), { stringValue: "opensesame" }),
      { stringValue: `[redacted:${kind}]` },
      key,
    );
  }
});

test("attributes that only sound like secrets keep their values", () => {
  for (const key of [
    "session.id",
    "gen_ai.usage.input_tokens",
    "user.password_reset",
    "k8s.secret.name",
    "aws.next_token",
    "auth.token_type",
    "db.primary_key",
  ]) {
    assert.deepEqual(valueUnder(key, { stringValue: "abc123def456" }), { stringValue: "abc123def456" }, key);
  }
});

test("an operator adds keys and beginnings of tokens, and takes keys and values out", () => {
  const rules = {
    blockedKeys: ["x-internal-auth"],
    blockedPrefixes: ["acme_live_"],
    ignoredKeys: ["design.token"],
    allowedValues: ["test-token-1"],
  };
  const value = (key: string, stringValue: string) => valueUnder(key, { stringValue }, rules);
  assert.deepEqual(value("http.request.header.x-internal-auth", "abc"), { stringValue: "[redacted:secret]" });
  assert.deepEqual(value("a", "x-internal-auth: abc123def456"), { stringValue: "x-internal-auth: [redacted:secret]" });
  assert.deepEqual(value("a", "with acme_live_abc!"), { stringValue: "with [redacted:token]!" });
  assert.deepEqual(value("design.token", "primary-9"), { stringValue: "primary-9" });
  assert.deepEqual(value("access_token", "test-token-1"), { stringValue: "test-token-1" });
  assert.deepEqual(value("a", "access_token=test-token-1"), { stringValue: "access_token=test-token-1" });
});

test("what is replaced is counted by kind", () => {
  const redactor = new Redactor(DEFAULT_RULES);
  redactor.redact("logs", logOf("password=abc&token=def&password=ghi"));
  assert.deepEqual({ password: redactor.counts.password, token: redactor.counts.token }, { password: 2, token: 1 });
});

test("a request without secrets is returned as the same bytes", () => {
  for (const signal of SIGNALS) {
    const redactor = new Redactor(DEFAULT_RULES);
    fc.assert(
      fc.property(anyMessage(REQUESTS[signal]), (message) => {
        const bytes = encode(REQUESTS[signal], message);
        assert.equal(redactor.redact(signal, bytes), bytes);
      }),
      { numRuns: 50 },
    );
  }
});

test("in whatever legal form a request comes, only its secrets change", () => {
  const redactor = new Redactor(DEFAULT_RULES);
  const secret = fc.constantFrom("password=hunter2", "Bearer abcdef1234567890", "https://a:b0b@c/ x", "grüße: pwd=ü1");
  fc.assert(
    fc.property(anyTraceRequest(), secret, fc.nat(5), ({ tree }, text, every) => {
      let count = 0;
      const salted = mapTexts(tree, (former) => (count++ % (every + 1) === 0 ? `${former} ${text}` : former));
      const result = redactor.redact("traces", encodeTree(salted));
      const expected = encodeTree(mapTexts(salted, (salty) => redactText(salty)));
      assert.deepEqual(Buffer.from(result), Buffer.from(expected));
      assert.equal(redactor.redact("traces", result), result);
    }),
  );
});

test("a malformed request is returned as it came", () => {
  const bytes = logOf("password=hunter2");
  const broken = bytes.subarray(0, bytes.length - 1);
  assert.equal(new Redactor(DEFAULT_RULES).redact("logs", broken), broken);
});

function valueUnder(key: string, value: object, rules = DEFAULT_RULES): unknown {
  const logRecords = [{ attributes: [{ key, value }] }];
  const bytes = encode(LOGS_REQUEST, { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
  const decoded = decode(LOGS_REQUEST, new Redactor(rules).redact("logs", bytes)) as LogsWithOneAttribute;
  return decoded.resourceLogs[0].scopeLogs[0].logRecords[0].attributes[0].value;
}

type LogsWithOneAttribute = {
  readonly resourceLogs: readonly [
    {
      readonly scopeLogs: readonly [
        { readonly logRecords: readonly [{ readonly attributes: readonly [{ readonly value: unknown }] }] },
      ];
    },
  ];
};

function logOf(stringValue: string): Uint8Array {
  return encode(LOGS_REQUEST, { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue } }] }] }] });
}

/** A message with every field set, and every text the same. */
function fullMessage(type: protobuf.Type, text: string, depth: number): object {
  const fields: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    field.resolve();
    const { resolvedType } = field;
    if (resolvedType instanceof protobuf.Type && depth > 8) continue;
    const value =
      resolvedType instanceof protobuf.Type
        ? fullMessage(resolvedType, text, depth + 1)
        : field.type === "string"
          ? text
          : field.type === "bytes"
            ? new Uint8Array(8)
            : 1;
    fields[field.name] = field.repeated ? [value] : value;
  }
  return fields;
}

/** Texts that no key makes a secret as a whole: keys come from a list without such names. */
function mapTexts(message: WireMessage, change: (text: string) => string): WireMessage {
  const fields = message.fields.map((field) => {
    if (field.message !== null) return { ...field, message: mapTexts(field.message, change) };
    if (message.type.fieldsById[field.number]?.type !== "string") return field;
    if (field.wireType !== 2) return field;
    return { ...field, content: Buffer.from(change(Buffer.from(field.content).toString("utf8")), "utf8") };
  });
  return { ...message, fields };
}
