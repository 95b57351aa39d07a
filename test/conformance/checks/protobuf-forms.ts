/** R18, and the forms of protobuf that are legal and rare (marked W, for wire). */
import type { Signal } from "../../../src/core/otlp/verdict.ts";
import { demandHttpStatus } from "../answers.ts";
import type { Check } from "../check.ts";
import { demand } from "../check.ts";
import { callHttp, PROTOBUF } from "../http-caller.ts";
import { newTraceId, span, traces } from "../samples.ts";
import type { Target } from "../target.ts";
import { forwardedRequest, forwardedSpan, forwardedSpans } from "../target.ts";
import { protobufOf, sendBytes, waysInto } from "../ways.ts";

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

/** One of each wire type, groups included; the text can be found again. */
function unknownFields(text: string): Buffer {
  const asVarint = Buffer.concat([varint(200 * 8), varint(300)]);
  const asFixed64 = Buffer.concat([varint(201 * 8 + 1), Buffer.alloc(8, 1)]);
  const asFixed32 = Buffer.concat([varint(202 * 8 + 5), Buffer.alloc(4, 1)]);
  const asGroup = Buffer.concat([varint(203 * 8 + 3), asVarint, varint(203 * 8 + 4)]);
  return Buffer.concat([asVarint, asFixed64, asFixed32, asGroup, field(204, Buffer.from(text))]);
}

/** A span's own bytes, out of the envelope around it. */
function spanBytes(facts: object): Buffer {
  const json = { resourceSpans: [{ scopeSpans: [{ spans: [span(facts)] }] }] };
  return contentOf(contentOf(contentOf(Buffer.from(protobufOf({ signal: "traces", json })))));
}

/** The content of the one field that the bytes are. */
function contentOf(bytes: Buffer): Buffer {
  const lengthEnd = bytes.subarray(1).findIndex((byte) => byte < 128) + 2;
  return bytes.subarray(lengthEnd);
}

function withUnknownFields(traceId: string, text: string): Buffer {
  const oneSpan = Buffer.concat([unknownFields(`${text} in the span`), spanBytes({ traceId })]);
  const scopeSpans = Buffer.concat([field(2, oneSpan), unknownFields(`${text} in the scope`)]);
  const resourceSpans = Buffer.concat([unknownFields(`${text} in the resource`), field(2, scopeSpans)]);
  return Buffer.concat([field(1, resourceSpans), unknownFields(text)]);
}

/** Over every way that takes protobuf. */
async function demandBytesTaken(target: Target, bytes: Uint8Array, signal: Signal = "traces"): Promise<void> {
  for (const way of waysInto(target).filter((candidate) => candidate !== "http/json")) {
    const answer = await sendBytes(target, way, { signal, bytes });
    demand(answer.isTaken && answer.rejected === 0, `${way}: ${answer.seen}`);
  }
}

export const protobufFormChecks: readonly Check[] = [
  {
    id: "R18.ignored",
    level: "MUST",
    sentence: "takes messages with fields that it does not know, of every wire type and on every level",
    run: (target) => demandBytesTaken(target, withUnknownFields(newTraceId(), "unknown")),
  },
  {
    id: "R18.kept",
    level: "SHOULD",
    sentence: "forwards fields that it does not know",
    run: async (target) => {
      const text = newTraceId();
      const body = withUnknownFields(newTraceId(), text);
      demandHttpStatus(await callHttp(target, { headers: PROTOBUF, body }), 200);
      const forwarded = Buffer.from(await forwardedRequest(target, text));
      for (const place of ["span", "scope", "resource"]) {
        demand(forwarded.includes(`${text} in the ${place}`), `what was unknown in the ${place} is gone`);
      }
    },
  },
  {
    id: "R18.flags",
    level: "SHOULD",
    sentence: "forwards a span's flags and trace state as they came",
    run: async (target) => {
      const sent = span({ flags: 0xffff_fcff, traceState: "ot=th:8;rv:abcdefabcdefab, vendor=value " });
      demandHttpStatus(await callHttp(target, { headers: PROTOBUF, body: protobufOf(traces(sent)) }), 200);
      const { json } = await forwardedSpan(target, sent.traceId);
      demand(json["flags"] === sent["flags"], `flags came out as ${json["flags"]}`);
      demand(json["traceState"] === sent["traceState"], `trace state came out as ${json["traceState"]}`);
    },
  },
  {
    id: "W1.concatenated",
    level: "MUST",
    sentence: "reads two requests one after the other as one, as protobuf has it",
    run: async (target) => {
      const traceId = newTraceId();
      const bytes = protobufOf(traces(span({ traceId })));
      const other = protobufOf(traces(span({ traceId })));
      const body = Buffer.concat([bytes, other]);
      demandHttpStatus(await callHttp(target, { headers: PROTOBUF, body }), 200);
      await forwardedSpans(target, { traceId, count: 2 });
    },
  },
  {
    id: "W2.order",
    level: "MUST",
    sentence: "reads fields in any order",
    run: async (target) => {
      const traceId = newTraceId();
      const scopeSpans = Buffer.concat([
        field(2, spanBytes({ traceId })),
        field(1, field(1, Buffer.from("late scope"))),
      ]);
      const body = field(1, Buffer.concat([field(3, Buffer.from("https://schema.example")), field(2, scopeSpans)]));
      await demandBytesTaken(target, body);
      const { scopeName } = await forwardedSpan(target, traceId);
      demand(scopeName === "late scope", `the scope's name came out as ${JSON.stringify(scopeName)}`);
    },
  },
  {
    id: "W3.merged",
    level: "MUST",
    sentence: "reads a message field that comes twice as one",
    run: async (target) => {
      const traceId = newTraceId();
      const resource = (key: string) =>
        field(1, field(1, Buffer.concat([field(1, Buffer.from(key)), field(2, field(1, Buffer.from("v")))])));
      const body = field(
        1,
        Buffer.concat([resource("one"), field(2, field(2, spanBytes({ traceId }))), resource("two")]),
      );
      await demandBytesTaken(target, body);
      const found = Object.keys((await forwardedSpan(target, traceId)).resource).sort();
      demand(found.join() === "one,two", `the resource's attributes came out as ${found.join() || "none"}`);
    },
  },
  {
    id: "W4.packed",
    level: "MUST",
    sentence: "reads repeated numbers packed and one by one",
    run: async (target) => {
      const count = (value: number) => Buffer.concat([varint(6 * 8 + 1), fixed64(value)]);
      const packed = field(6, Buffer.concat([fixed64(1), fixed64(2)]));
      const single = Buffer.concat([count(1), count(2)]);
      for (const bucketCounts of [packed, single]) {
        const histogram = Buffer.concat([field(1, bucketCounts), Buffer.of(0x10, 0x02)]);
        const metric = Buffer.concat([field(1, Buffer.from("m")), field(9, histogram)]);
        const bytes = field(1, field(2, field(2, metric)));
        await demandBytesTaken(target, bytes, "metrics");
      }
    },
  },
];

function fixed64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
