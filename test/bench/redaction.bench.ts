/**
 * What the redaction costs: where there is nothing like a secret, where something looks like one, and where every
 * span has one. Beside it the structure check, which every request goes through in any case.
 */
import { Redactor } from "../../src/core/extraction/redaction/redactor.ts";
import { DEFAULT_RULES } from "../../src/core/extraction/redaction/secrets-in-text.ts";
import { checkStructure } from "../../src/core/otlp/structure-check.ts";
import { Random } from "../support/random.ts";
import type { Row, Table } from "./bench.ts";
import { itemsPerCpuSecond } from "./measure.ts";
import { encodeTraces, serverSpan, traceBatches } from "./trace-batches.ts";

export const name = "redaction";
export const description = "what it costs to look for credentials, and to take them out";
export const pace = "quick";

const SPANS_PER_BATCH = 512;
const BATCHES = 40;
const TOKEN = `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm5hIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwMDM2MDB9.${"a".repeat(342)}`;

export function* run(): Generator<Table> {
  const plan = { spansPerBatch: SPANS_PER_BATCH, batchCount: BATCHES, endpointCount: 1_000, failureShare: 0.05 };
  yield cost("nothing like a secret, every span a request", traceBatches({ ...plan, serverShare: 1 }));
  yield cost("nothing like a secret, one span in three a request", traceBatches({ ...plan, serverShare: 1 / 3 }));
  yield cost("a path that says token", batchesWith(text("url.path", "/oauth/token")));
  yield cost("a password in each query", batchesWith(text("url.query", "user=anna&password=hunter2&page=1")));
  yield cost("a captured token on each", batchesWith(text("http.request.header.authorization", `Bearer ${TOKEN}`)));
}

function cost(title: string, ring: readonly Uint8Array[]): Table {
  const redactor = new Redactor(DEFAULT_RULES);
  const bytesPerSpan = ring.reduce((sum, { length }) => sum + length, 0) / (ring.length * SPANS_PER_BATCH);
  return {
    title: `${title}: ${bytesPerSpan.toFixed(0)} bytes a span`,
    columns: ["ns a span"],
    rows: [
      measured("redact", ring, (bytes) => redactor.redact("traces", bytes)),
      measured("check the structure", ring, (bytes) => checkStructure("traces", bytes)),
    ],
  };
}

function measured(step: string, ring: readonly Uint8Array[], work: (bytes: Uint8Array) => unknown): Row {
  let turn = 0;
  const call = () => {
    const bytes = ring[turn++ % ring.length];
    if (bytes !== undefined) work(bytes);
  };
  const [rate = Number.NaN] = itemsPerCpuSecond([{ name: step, itemsPerCall: SPANS_PER_BATCH, call }]);
  return { name: step, figures: [1e9 / rate] };
}

function batchesWith(attribute: object): readonly Uint8Array[] {
  const random = new Random(1);
  return Array.from({ length: BATCHES }, () => {
    const spans = Array.from({ length: SPANS_PER_BATCH }, () => withAttribute(random, attribute));
    return encodeTraces("auth", spans);
  });
}

function withAttribute(random: Random, attribute: object): object {
  const span = serverSpan("/orders/{id}", false, random);
  const attributes = span["attributes"];
  return { ...span, attributes: Array.isArray(attributes) ? [...(attributes as object[]), attribute] : [attribute] };
}

function text(key: string, stringValue: string): object {
  return { key, value: { stringValue } };
}
