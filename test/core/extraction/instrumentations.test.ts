/** Requests as some eighty instrumentations, proxies and platforms send them: see `instrumentations/`. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fingerprintClientText } from "../../../src/core/extraction/client-fingerprint.ts";
import { DOTNET, GO } from "./instrumentations/dotnet-go.ts";
import { JVM } from "./instrumentations/jvm.ts";
import { NODE } from "./instrumentations/node.ts";
import { PHP_RUBY_RUST_ELIXIR } from "./instrumentations/php-ruby-rust-elixir.ts";
import { PROXIES, SERVERLESS } from "./instrumentations/proxies-serverless.ts";
import { PYTHON } from "./instrumentations/python.ts";
import { RPC } from "./instrumentations/rpc-messaging.ts";
import type { ExampleSpan, TraceExample } from "./instrumentations/trace-example.ts";
import { id, JoinerWorld, START_MS } from "./joining/joiner-world.ts";
import type { SpanSketch } from "./span-requests.ts";
import { CLIENT_KEY } from "./span-requests.ts";

const GROUPS = { NODE, PYTHON, JVM, DOTNET, GO, PHP_RUBY_RUST_ELIXIR, PROXIES, SERVERLESS, RPC };

for (const [group, examples] of Object.entries(GROUPS)) {
  describe(group.toLowerCase().replaceAll("_", ", "), () => {
    for (const example of examples) {
      test(`${example.sender}: ${example.requests.join(" and ") || "no request"}`, () => {
        const spans = sketchesOf(example);
        for (const order of [spans, spans.toReversed()]) assertRequests(order, example);
      });
    }
  });
}

/** The spans of a request come in one batch here; `joining/request-trees.test.ts` tears them apart. */
function assertRequests(spans: readonly SpanSketch[], { client, requests }: TraceExample): void {
  const world = new JoinerWorld();
  const counted = world.countedIn(spans);
  assert.deepEqual(
    counted.map(({ endpoint, outcome }) => `${endpoint.name} ${outcome}`),
    requests,
  );
  const marks = [...world.marks.values()].filter((mark) => mark.startsWith("counted "));
  assert.deepEqual(
    marks.toSorted(),
    requests.map((request) => `counted ${request}`),
  );
  assert.deepEqual(world.wait(), []);
  if (client !== undefined) assert.equal(counted[0]?.client, fingerprintClientText(CLIENT_KEY, client));
}

function sketchesOf({ spans }: TraceExample): readonly SpanSketch[] {
  return spans.map((span, index) => sketchOf(span, index));
}

function sketchOf({ under, ...span }: ExampleSpan, index: number): SpanSketch {
  const parent = under ?? index - 1;
  return {
    ...span,
    traceId: id(1, 32),
    spanId: id(index + 1, 16),
    ...(parent < 0 ? {} : { parentSpanId: id(parent + 1, 16) }),
    startMs: START_MS + index,
    endMs: START_MS + 100 - index,
  };
}
