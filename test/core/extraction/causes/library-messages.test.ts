/** The messages of each library on a span, and whether a log record with them is looked at. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mayBeAboutAuthentication } from "../../../../src/core/extraction/causes/authentication-words.ts";
import type { CauseName } from "../../../../src/core/extraction/causes/cause.ts";
import { isCauseName } from "../../../../src/core/extraction/causes/cause.ts";
import { causeOfException } from "../../../../src/core/extraction/causes/cause-of-exception.ts";
import { causeOfText } from "../../../../src/core/extraction/causes/cause-of-text.ts";
import { ExtractionWorld } from "../span-requests.ts";
import type { Failure } from "./library-messages.ts";
import { FAILURES } from "./library-messages.ts";

function causeOf(type: string, message: string): CauseName | "undecided" {
  const attributes = { "http.request.method": "GET", "http.route": "/orders", "http.response.status_code": 401 };
  const exceptions = type === "" ? [] : [{ type, message }];
  const sketch = { attributes, exceptions, ...(type === "" ? { statusMessage: message } : {}) };
  const [name = ""] = new ExtractionWorld().observe([sketch], ({ cause }) => cause?.name);
  return isCauseName(name) ? name : "undecided";
}

describe("the messages of", () => {
  for (const [libraries, failures] of Object.entries(FAILURES)) {
    test(libraries, () => {
      const judged = failures.map(([type, message]): Failure => [type, message, causeOf(type, message)]);
      assert.deepEqual(judged, failures);
    });
  }
});

test("a text or type that names a cause is never passed over at a glance", () => {
  for (const [type, message] of Object.values(FAILURES).flat()) {
    if (causeOfException(type) !== undefined) assert.ok(isLookedAt(type), type);
    if (causeOfText(message, []) !== undefined) assert.ok(isLookedAt(message), message);
  }
});

test("most of what services log is passed over at a glance", () => {
  const lines = [
    "Started OrderService in 4.2 seconds",
    "GET /orders/17 200 in 12 ms",
    "SELECT id, total FROM orders WHERE id = $1",
    "Connection to 10.0.0.7:5432 lost, will try again in 200 ms",
    "Processed 512 of 2048 items",
    "",
  ];
  for (const line of lines) assert.equal(isLookedAt(line), false, line);
});

function isLookedAt(text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  return mayBeAboutAuthentication(bytes, 0, bytes.length);
}
