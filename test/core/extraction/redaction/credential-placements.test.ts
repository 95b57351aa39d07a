/** Credentials in all the places where senders put them, none of which may be left: see `test/fixtures/labelled/`. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Redactor } from "../../../../src/core/extraction/redaction/redactor.ts";
import { DEFAULT_RULES } from "../../../../src/core/extraction/redaction/secrets-in-text.ts";
import type { CredentialPlacement } from "../../../support/labelled-requests.ts";
import { readCredentialPlacements } from "../../../support/labelled-requests.ts";
import { encode, LOGS_REQUEST, TRACE_REQUEST } from "../../../support/otlp-protobuf.ts";

const redactor = new Redactor(DEFAULT_RULES);

for (const [half, placements] of Map.groupBy(readCredentialPlacements(), (placement) => placement.half)) {
  describe(`the ${half} half of the credentials`, () => {
    for (const placement of placements) {
      test(`nothing is left in ${placement.place} ${placement.key ?? ""}: ${placement.text.slice(0, 60)}`, () => {
        assert.deepEqual(leftOf(placement), []);
      });
    }
  });
}

function leftOf(placement: CredentialPlacement): readonly string[] {
  const isLog = placement.place.startsWith("log");
  const bytes = isLog
    ? redactor.redact("logs", encode(LOGS_REQUEST, logsRequest(placement)))
    : redactor.redact("traces", encode(TRACE_REQUEST, traceRequest(placement)));
  const text = Buffer.from(bytes).toString("utf8");
  return placement.secrets.filter((secret) => text.includes(secret));
}

function traceRequest({ place, key = "text", text }: CredentialPlacement): object {
  const attributes = [{ key, value: { stringValue: text } }];
  const exception = (name: string) => [
    { name: "exception", attributes: [{ key: `exception.${name}`, value: { stringValue: text } }] },
  ];
  const span = {
    traceId: Buffer.alloc(16, 1),
    spanId: Buffer.alloc(8, 1),
    name: "GET /",
    kind: "SPAN_KIND_SERVER",
    ...(place === "span" ? { attributes } : {}),
    ...(place === "event" ? { events: [{ name: "request", attributes }] } : {}),
    ...(place === "exception" ? { events: exception("message") } : {}),
    ...(place === "stacktrace" ? { events: exception("stacktrace") } : {}),
    ...(place === "link" ? { links: [{ traceId: Buffer.alloc(16, 2), spanId: Buffer.alloc(8, 2), attributes }] } : {}),
    ...(place === "name" ? { name: text } : {}),
    ...(place === "status" ? { status: { code: "STATUS_CODE_ERROR", message: text } } : {}),
    ...(place === "tracestate" ? { traceState: text } : {}),
  };
  const scope = { name: "scope", ...(place === "scope" ? { attributes } : {}) };
  const resource = place === "resource" ? { attributes } : {};
  return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [span] }] }] };
}

function logsRequest({ place, key = "text", text }: CredentialPlacement): object {
  const record =
    place === "log" ? { body: { stringValue: text } } : { attributes: [{ key, value: { stringValue: text } }] };
  return { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] };
}
