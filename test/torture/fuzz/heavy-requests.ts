/**
 * Requests that are legal, or nearly, and cost far more to read than their size suggests: the fewest
 * bytes for the most messages, one text that is read again for every span, nesting.
 */
import type { Signal } from "../../../src/core/otlp/verdict.ts";
import { writeVarint } from "../../../src/core/otlp/wire.ts";

export type HeavyRequest = {
  readonly name: string;
  readonly signal: Signal;
  readonly encoding: "protobuf" | "json";
  /** Of about so many bytes. */
  readonly make: (byteCount: number) => Uint8Array;
};

const IDS = Buffer.concat([field(1, Buffer.alloc(16, 7)), field(2, Buffer.alloc(8, 7))]);
const SERVER = Buffer.of(0x30, 2);
const FAILED = attribute("http.response.status_code", "401");
const LOGIN = attribute("http.route", "/login");

export const HEAVY_REQUESTS: readonly HeavyRequest[] = [
  protobuf("empty resources", (bytes) => Buffer.alloc(bytes & ~1, Buffer.of(0x0a, 0))),
  protobuf("empty spans", (bytes) => spans(Buffer.alloc(bytes & ~1, Buffer.of(0x12, 0)))),
  protobuf("a span of empty attributes", (bytes) =>
    spans(field(2, Buffer.concat([IDS, Buffer.alloc(bytes & ~1, Buffer.of(0x4a, 0))]))),
  ),
  protobuf("the shortest spans that count", (bytes) => spans(repeated(request([]), bytes))),
  protobuf("a client in an open bracket on every span", (bytes) =>
    spans(repeated(request([attribute("client.address", "[")]), bytes)),
  ),
  protobuf("a client of many commas", (bytes) => spans(request([attribute("client.address", ",".repeat(bytes))]))),
  protobuf("a client behind many proxies", (bytes) =>
    spans(request([attribute("client.address", "10.0.0.1,".repeat(bytes / 9))])),
  ),
  protobuf("a large resource with many spans", (bytes) => {
    const resource = field(1, field(1, keyValue("service.version", "v".repeat(bytes / 2))));
    return field(1, Buffer.concat([resource, field(2, repeated(request([]), bytes / 2))]));
  }),
  protobuf("a route of brackets", (bytes) => spans(request([attribute("http.route", "(".repeat(bytes))]))),
  protobuf("a route of braces in braces", (bytes) => spans(request([attribute("http.route", "{/".repeat(bytes / 2))]))),
  protobuf("many routes of brackets", (bytes) => {
    const brackets = (index: number) => request([attribute("http.route", "({[<".repeat(500) + index)]);
    return spans(Buffer.concat(Array.from({ length: bytes / 2_100 }, (_, index) => brackets(index))));
  }),
  protobuf("a path of slashes", (bytes) => spans(request([attribute("url.path", "/a".repeat(bytes / 2))]))),
  protobuf("a tracestate of commas", (bytes) => spans(request([field(3, Buffer.from("ot=;,".repeat(bytes / 5)))]))),
  protobuf("a status of digits", (bytes) => spans(request([attribute("http.status_code", "9".repeat(bytes))]))),
  protobuf("a key of nothing but zeros", (bytes) => spans(request([attribute("\0".repeat(bytes), "")]))),
  protobuf("groups in groups", (bytes) => Buffer.alloc(bytes, 0x0b)),
  json("open brackets", (bytes) => "[".repeat(bytes)),
  json("lists in lists", (bytes) => "[".repeat(bytes / 2) + "]".repeat(bytes / 2)),
  json("empty resources", (bytes) => `{"resourceSpans":[${"{},".repeat(bytes / 3)}{}]}`),
  json("objects that have nothing in common", (bytes) => {
    const objects = Array.from({ length: bytes / 11 }, (_, index) => `{"${index.toString(36)}":0}`);
    return `{"x":[${objects.join(",")}]}`;
  }),
  json("long numbers", (bytes) => `{"x":[${"1234567890123456789,".repeat(bytes / 20)}0]}`),
  json("digits without end", (bytes) => `{"resourceSpans":${"9".repeat(bytes)}}`),
];

function protobuf(name: string, make: (byteCount: number) => Uint8Array): HeavyRequest {
  return { name, signal: "traces", encoding: "protobuf", make };
}

function json(name: string, make: (byteCount: number) => string): HeavyRequest {
  return { name, signal: "traces", encoding: "json", make: (byteCount) => Buffer.from(make(byteCount)) };
}

/** Spans, each with its tag, in one scope of one resource. */
function spans(content: Uint8Array): Uint8Array {
  return field(1, field(2, content));
}

/** A SERVER span that stands for a failed login. */
function request(fields: readonly Uint8Array[]): Uint8Array {
  return field(2, Buffer.concat([IDS, SERVER, FAILED, LOGIN, ...fields]));
}

function repeated(unit: Uint8Array, byteCount: number): Uint8Array {
  return Buffer.alloc(Math.max(1, Math.floor(byteCount / unit.length)) * unit.length, unit);
}

function attribute(key: string, value: string): Uint8Array {
  return field(9, keyValue(key, value));
}

function keyValue(key: string, value: string): Uint8Array {
  return Buffer.concat([field(1, Buffer.from(key)), field(2, field(1, Buffer.from(value)))]);
}

/** Length-delimited, with a number below 16. */
function field(number: number, content: Uint8Array): Uint8Array {
  const head = Buffer.alloc(1 + 5);
  head[0] = (number << 3) | 2;
  return Buffer.concat([head.subarray(0, writeVarint(head, 1, content.length)), content]);
}
