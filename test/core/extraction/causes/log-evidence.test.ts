/** Log records as senders write them, and what is heard of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LogEvidence } from "../../../../src/core/extraction/causes/log-evidence.ts";
import { RefusalEvidence } from "../../../../src/core/extraction/causes/refusal-evidence.ts";
import { fc } from "../../../support/properties.ts";
import type { RecordSketch } from "../log-requests.ts";
import { logsRequest } from "../log-requests.ts";
import type { SpanSketch } from "../span-requests.ts";
import { ExtractionWorld, SPAN_ID, TRACE_ID } from "../span-requests.ts";

const START_MS = 1_700_000_000_000;
const REFUSED: SpanSketch = {
  startMs: START_MS,
  endMs: START_MS + 100,
  attributes: { "http.request.method": "GET", "http.route": "/orders", "http.response.status_code": 401 },
};

/** Cause and source of a request that is refused after the records came; the count of those that said something. */
function heard(records: readonly RecordSketch[]) {
  const evidence = new RefusalEvidence(7);
  const logs = new LogEvidence(evidence);
  logs.listenTo(logsRequest(records.map((record) => ({ atMs: START_MS + 50, ...record }))));
  const world = new ExtractionWorld({ evidence });
  const [cause] = world.observe([REFUSED], (observation) => observation.cause);
  return { name: cause?.name, source: cause?.source, telling: logs.tellingCount };
}

test("the exception of a record, its message and its body name causes", () => {
  assert.deepEqual(heard([{ attributes: { "exception.type": "jwt.exceptions.ExpiredSignatureError" } }]), {
    name: "expired",
    source: "exception.type of a log record",
    telling: 1,
  });
  const message = { "exception.message": "IDX10503: Signature validation failed." };
  assert.equal(heard([{ attributes: message }]).name, "unknown_key");
  const body = { stringValue: "Failed to authenticate since password does not match stored value" };
  assert.deepEqual(heard([{ body }]), { name: "bad_password", source: "body of a log record", telling: 1 });
});

test("a structured body is read as one text", () => {
  const values = [
    { key: "level", value: { stringValue: "warn" } },
    { key: "msg", value: { stringValue: "token is malformed: not three parts" } },
  ];
  assert.equal(heard([{ body: { kvlistValue: { values } } }]).name, "malformed");
});

test("a record of an inner span counts while the request was served, in the same service", () => {
  const body = { stringValue: "jwt expired" };
  const spanId = "00000000000000aa";
  assert.equal(heard([{ body, spanId }]).name, "expired");
  assert.equal(heard([{ body, spanId, atMs: START_MS + 5000 }]).name, undefined);
  assert.equal(heard([{ body, spanId, service: "billing" }]).name, undefined);
  assert.equal(heard([{ body, traceId: "ff".repeat(16) }]).name, undefined);
});

test("a record that names no span, or is about something else, is left alone", () => {
  const body = { stringValue: "jwt expired" };
  assert.equal(heard([{ body, spanId: "" }]).telling, 0);
  assert.equal(heard([{ body, traceId: "00".repeat(16) }]).telling, 0);
  assert.equal(heard([{ body: { stringValue: "connection lost" } }, {}]).telling, 0);
});

test("whatever a log record holds is read to its end", () => {
  const any = fc.record(
    {
      body: fc.oneof(
        fc.string().map((stringValue) => ({ stringValue })),
        fc.constant({ intValue: "7" }),
        fc.constant({}),
      ),
      attributes: fc.dictionary(fc.constantFrom("exception.type", "exception.message", "error"), fc.string()),
      traceId: fc.constantFrom("", "ab", TRACE_ID),
      spanId: fc.constantFrom("", "ab", SPAN_ID),
    },
    { requiredKeys: [] },
  );
  fc.assert(fc.property(fc.array(any, { maxLength: 4 }), (records) => void heard(records)));
});
