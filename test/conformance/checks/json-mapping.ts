/** R19 to R24: OTLP's JSON to the letter, which common parsers are more lenient than. */
import { demandHttpStatus } from "../answers.ts";
import type { Check } from "../check.ts";
import { demand, inCase } from "../check.ts";
import { callHttp, JSON_TYPE } from "../http-caller.ts";
import { gauge, logRecord, logs, metrics, newTraceId, span, traces } from "../samples.ts";
import type { Target } from "../target.ts";
import { forwardedRequest, forwardedSpan } from "../target.ts";
import type { ExportRequest } from "../ways.ts";
import { send } from "../ways.ts";

/** The text may hold what `JSON.stringify` would not write, such as long integers. */
async function post(target: Target, { signal, json }: ExportRequest, change = (text: string) => text) {
  const body = change(JSON.stringify(json));
  return await callHttp(target, { path: `/v1/${signal}`, headers: JSON_TYPE, body });
}

/** Each request is taken as a whole. An empty partialSuccess says that, too: that it is there is for R6 to judge. */
async function demandEachTaken(target: Target, requests: Readonly<Record<string, ExportRequest>>): Promise<void> {
  for (const [name, request] of Object.entries(requests)) {
    const answer = await send(target, "http/json", request);
    inCase(name, () => demand(answer.isTaken && answer.rejected === 0, answer.seen));
  }
}

/** Each request is refused, or the item that it is about left out. */
async function demandNoneTaken(target: Target, requests: Readonly<Record<string, ExportRequest>>): Promise<void> {
  for (const [name, request] of Object.entries(requests)) {
    const answer = await post(target, request);
    inCase(name, () => demandHttpStatus(answer, 400));
  }
}

function valued(value: object) {
  return span({ attributes: [{ key: "conformance.value", value }] });
}

const EXTRA = { unknownKey: { deep: [1, "two", null, { three: 3.5 }] }, unknown: null, "": true };

const everywhereExtra: ExportRequest = {
  signal: "traces",
  json: {
    ...EXTRA,
    resourceSpans: [
      {
        ...EXTRA,
        resource: { ...EXTRA, attributes: [{ ...EXTRA, key: "k", value: { ...EXTRA, stringValue: "v" } }] },
        scopeSpans: [
          {
            ...EXTRA,
            scope: { ...EXTRA, name: "n" },
            spans: [
              span({ ...EXTRA, status: { ...EXTRA, code: 1 }, events: [{ ...EXTRA, name: "e" }], links: [EXTRA] }),
            ],
          },
        ],
      },
    ],
  },
};

const histogram = (facts: object) => ({
  name: "conformance.histogram",
  histogram: { aggregationTemporality: 2, dataPoints: [{ timeUnixNano: "1767225600000000000", ...facts }] },
});

export const jsonMappingChecks: readonly Check[] = [
  {
    id: "R19.unknown-keys",
    level: "MUST",
    sentence: "ignores keys that it does not know, on every level",
    run: (target) => demandEachTaken(target, { "unknown keys": everywhereExtra }),
  },
  {
    id: "R20.snake-case",
    level: "MUST",
    sentence: "does not know snake_case, so that even a value of the wrong type is ignored",
    run: async (target) => {
      const wrong = { trace_id: 5, start_time_unix_nano: {}, dropped_attributes_count: "many", trace_state: [] };
      await demandEachTaken(target, {
        "in a span": traces(span(wrong)),
        "at the top": { signal: "traces", json: { resource_spans: 7 } },
        "in a log record": logs(logRecord({ severity_number: "loud", observed_time_unix_nano: {} })),
      });
    },
  },
  {
    id: "R20.no-effect",
    level: "MUST",
    sentence: "lets snake_case have no effect on what it forwards",
    run: async (target) => {
      const sent = span({ dropped_attributes_count: 7, start_time_unix_nano: "5", trace_state: "a=b" });
      demandHttpStatus(await post(target, traces(sent)), 200);
      const { json, startTimeUnixNano } = await forwardedSpan(target, sent.traceId);
      demand(
        Number(json["droppedAttributesCount"] ?? 0) === 0,
        `dropped attributes: ${json["droppedAttributesCount"]}`,
      );
      demand((json["traceState"] ?? "") === "", `trace state: ${json["traceState"]}`);
      demand(String(startTimeUnixNano) === sent["startTimeUnixNano"], `start: ${startTimeUnixNano}`);
    },
  },
  {
    id: "R21.enum-names",
    level: "MUST",
    sentence: "takes integers for enums and refuses their names",
    run: (target) =>
      demandNoneTaken(target, {
        "kind of a span": traces(span({ kind: "SPAN_KIND_SERVER" })),
        "status code": traces(span({ status: { code: "STATUS_CODE_ERROR" } })),
        severity: logs(logRecord({ severityNumber: "SEVERITY_NUMBER_WARN" })),
        "aggregation temporality": metrics({
          name: "m",
          sum: { aggregationTemporality: "AGGREGATION_TEMPORALITY_DELTA", dataPoints: [{ asInt: "1" }] },
        }),
      }),
  },
  {
    id: "R21.enum-numbers",
    level: "MUST",
    sentence: "takes an enum's number that it does not know",
    run: (target) =>
      demandEachTaken(target, { kind: traces(span({ kind: 99 })), status: traces(span({ status: { code: 9 } })) }),
  },
  {
    id: "R22.hex",
    level: "MUST",
    sentence: "reads ids as hex in either case",
    run: async (target) => {
      const traceId = newTraceId();
      const parentSpanId = "ABCDEFabcdef0123";
      const sent = span({ traceId: traceId.toUpperCase(), spanId: "0123456789ABCDEF", parentSpanId });
      await demandEachTaken(target, { "upper case": traces(sent) });
      const found = await forwardedSpan(target, traceId);
      const ids = `${found.spanId} ${found.parentSpanId}`;
      demand(ids === `0123456789abcdef ${parentSpanId.toLowerCase()}`, `ids came out as ${ids}`);
    },
  },
  {
    id: "R22.base64-ids",
    level: "MUST",
    sentence: "does not take an id in base64",
    run: (target) => demandNoneTaken(target, { "trace id": traces(span({ traceId: "W47/95gDgQPSabYzgT/GDA==" })) }),
  },
  {
    id: "R22.bytes",
    level: "MUST",
    sentence: "reads all other bytes as base64: both alphabets, with padding and without",
    run: async (target) => {
      const forEach = async (text: string) => {
        const sent = valued({ bytesValue: text });
        await demandEachTaken(target, { [text]: traces(sent) });
        const { attributes } = await forwardedSpan(target, sent.traceId);
        const found = Buffer.from(String(attributes["conformance.value"]), "base64").toString("hex");
        demand(found === "fbffbf68", `${text} came out as ${found}`);
      };
      await Promise.all(["+/+/aA==", "-_-_aA==", "+/+/aA", "-_-_aA"].map(forEach));
    },
  },
  {
    id: "R23.either",
    level: "MUST",
    sentence: "takes 64-bit integers as decimal text and as numbers",
    run: (target) =>
      demandEachTaken(target, {
        "times as text": traces(span({ startTimeUnixNano: "1767225600000000001" })),
        "times as numbers": traces(span({ startTimeUnixNano: 1767225600, endTimeUnixNano: 1767225601 })),
        "attributes as text": traces(valued({ intValue: "-5" })),
        "attributes as numbers": traces(valued({ intValue: -5 })),
        "counts either way": metrics(histogram({ count: 3, bucketCounts: ["1", 2], explicitBounds: [1] })),
        "an exponent": traces(valued({ intValue: "1e3" }), valued({ intValue: 1e3 })),
      }),
  },
  {
    id: "R23.exact",
    level: "MUST",
    sentence: "keeps 64-bit integers exact, also as numbers beyond 2^53",
    run: async (target) => {
      const forEach = async (written: string) => {
        const sent = valued({ intValue: "@" });
        demandHttpStatus(await post(target, traces(sent), (body) => body.replace('"@"', written)), 200);
        const { json } = await forwardedSpan(target, sent.traceId);
        const found = JSON.stringify(json["attributes"]);
        demand(found.includes(`"intValue":"${written.replaceAll('"', "")}"`), `${written} came out as ${found}`);
      };
      const integers = ["9223372036854775807", "-9223372036854775808", "9007199254740993"];
      await Promise.all(integers.flatMap((text) => [text, `"${text}"`]).map(forEach));
    },
  },
  {
    id: "R23.times",
    level: "MUST",
    sentence: "keeps nanoseconds exact, as text and as numbers",
    run: async (target) => {
      const forEach = async (written: string) => {
        const sent = span({ startTimeUnixNano: "@" });
        demandHttpStatus(await post(target, traces(sent), (body) => body.replace('"@"', written)), 200);
        const { startTimeUnixNano } = await forwardedSpan(target, sent.traceId);
        demand(startTimeUnixNano === 1767225600123456789n, `${written} came out as ${startTimeUnixNano}`);
      };
      await Promise.all(["1767225600123456789", '"1767225600123456789"'].map(forEach));
    },
  },
  {
    id: "R23.out-of-range",
    level: "MUST",
    sentence: "refuses what is no integer of its field",
    run: (target) =>
      demandNoneTaken(target, {
        "2^63": traces(valued({ intValue: "9223372036854775808" })),
        "a fraction": traces(valued({ intValue: "1.5" })),
        "an empty text": traces(valued({ intValue: "" })),
        "a negative time": traces(span({ startTimeUnixNano: "-1" })),
        "2^32": traces(span({ droppedAttributesCount: 4294967296 })),
      }),
  },
  {
    id: "R24.not-finite",
    level: "MUST",
    sentence: 'takes "NaN", "Infinity" and "-Infinity" for doubles',
    run: async (target) => {
      const forEach = async (text: string) => {
        const sent = valued({ doubleValue: text });
        const requests = { "in a data point": metrics(gauge({ asDouble: text })), "in an attribute": traces(sent) };
        await demandEachTaken(target, requests);
        const found = JSON.stringify((await forwardedSpan(target, sent.traceId)).json["attributes"]);
        demand(found.includes(`"doubleValue":"${text}"`), `${text} came out as ${found}`);
      };
      await Promise.all(["NaN", "Infinity", "-Infinity"].map(forEach));
    },
  },
  {
    id: "R24.null",
    level: "MUST",
    sentence: "takes null for the default of any field",
    run: async (target) => {
      const nothing = {
        traceState: null,
        parentSpanId: null,
        kind: null,
        startTimeUnixNano: null,
        endTimeUnixNano: null,
        attributes: null,
        droppedAttributesCount: null,
        events: null,
        links: null,
        status: null,
        flags: null,
      };
      await demandEachTaken(target, {
        "in a span": traces(span(nothing)),
        "in an attribute": traces(span({ attributes: [{ key: "k", value: null }] })),
        "at the top": { signal: "traces", json: { resourceSpans: null } },
        "in a data point": metrics(histogram({ count: null, sum: null, min: null, bucketCounts: null })),
        "in a log record": logs(logRecord({ severityNumber: null, body: null, observedTimeUnixNano: null })),
      });
    },
  },
  {
    id: "R24.empty-values",
    level: "MUST",
    sentence: "takes every value an attribute may have: empty, nested, mixed",
    run: async (target) => {
      const values = [{}, { stringValue: "" }, { intValue: "0" }, { boolValue: false }, { bytesValue: "" }];
      const nested = { kvlistValue: { values: [{ key: "k", value: { arrayValue: { values } } }, { key: "empty" }] } };
      await demandEachTaken(target, { values: traces(...values.map(valued), valued(nested)) });
      const text = newTraceId();
      await demandEachTaken(target, { body: logs(logRecord({ eventName: text, body: nested })) });
      await forwardedRequest(target, text);
    },
  },
];
