/** R10 and R12 to R17: requests that are not fine, and how a receiver says so. */
import { demandHttpStatus, demandStatusBody, mediaTypeOf } from "../answers.ts";
import type { Check } from "../check.ts";
import { demand, inCase, NotApplicable } from "../check.ts";
import {
  callGrpc,
  describeGrpc,
  frame,
  GRPC_INVALID_ARGUMENT,
  GRPC_PERMISSION_DENIED,
  GRPC_UNAUTHENTICATED,
} from "../grpc-caller.ts";
import type { HttpAnswer, HttpCall } from "../http-caller.ts";
import { callHttp, callRaw, describeHttp, JSON_TYPE, PROTOBUF } from "../http-caller.ts";
import { span, traces } from "../samples.ts";
import type { Target } from "../target.ts";
import { grpcOf, httpOf, withoutToken } from "../target.ts";
import { protobufOf } from "../ways.ts";

const valid = protobufOf(traces(span()));

/** Nobody can read these as an export request. */
const UNREADABLE_PROTOBUF: Readonly<Record<string, Uint8Array>> = {
  "bytes that are no protobuf": Buffer.from("telemetry"),
  "a message cut off in the middle": valid.subarray(0, valid.length - 3),
  "a known field of another wire type": Uint8Array.of(0x08, 0x01),
  "a group without an end": Uint8Array.of(0xa3, 0x06),
  "a field with the number zero": Uint8Array.of(0x02, 0x00),
};

const UNREADABLE_JSON: Readonly<Record<string, Uint8Array>> = {
  "a text that is no JSON": Buffer.from("{resourceSpans"),
  "an array at the top": Buffer.from("[]"),
  "a text in place of a list": Buffer.from('{"resourceSpans":"none"}'),
  "bytes that are no UTF-8": Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
};

const encodings = [
  { encoding: "protobuf", headers: PROTOBUF, unreadable: UNREADABLE_PROTOBUF },
  { encoding: "json", headers: JSON_TYPE, unreadable: UNREADABLE_JSON },
] as const;

/** A refusal of each kind that any receiver knows, as the caller who speaks `headers` meets it. */
async function refusals(target: Target, headers: Readonly<Record<string, string>>) {
  const body = headers["content-type"] === JSON_TYPE["content-type"] ? "{" : Buffer.from("telemetry");
  const calls: Readonly<Record<string, HttpCall>> = {
    "unreadable body": { headers, body },
    "unknown path": { path: "/v1/unknown", headers },
    "wrong method": { method: "PUT", headers },
    "unknown Content-Encoding": { headers: { ...headers, "content-encoding": "br" }, body: "telemetry" },
    "damaged gzip": { headers: { ...headers, "content-encoding": "gzip" }, body: "telemetry" },
  };
  const answers: [string, HttpAnswer][] = [];
  for (const [name, call] of Object.entries(calls)) answers.push([name, await callHttp(target, call)]);
  if (target.bearerToken === null) return answers;
  answers.push(["no token", await callHttp(withoutToken(target), { headers, body: "" })]);
  return answers;
}

export const refusingChecks: readonly Check[] = [
  {
    id: "R10.http",
    level: "MUST",
    sentence: "answers what it cannot read with 400, in protobuf and in JSON",
    run: async (target) => {
      for (const { headers, unreadable } of encodings) {
        for (const [name, body] of Object.entries(unreadable)) {
          const answer = await callHttp(target, { headers, body });
          inCase(name, () => demandHttpStatus(answer, 400));
        }
      }
    },
  },
  {
    id: "R10.grpc",
    level: "SHOULD",
    sentence: "answers what it cannot read with INVALID_ARGUMENT",
    run: async (target) => {
      for (const [name, body] of Object.entries(UNREADABLE_PROTOBUF)) {
        const answer = await callGrpc(target, { frames: frame(body) });
        demand(answer.status === GRPC_INVALID_ARGUMENT, `${name}: ${describeGrpc(answer)}`);
      }
    },
  },
  {
    id: "R10.http-details",
    level: "SHOULD",
    sentence: "says in a google.rpc.BadRequest what it cannot read, over HTTP",
    run: async (target) => {
      for (const { encoding, headers } of encodings) {
        const answer = await callHttp(target, { headers, body: "{telemetry" });
        const { detailTypes } = demandStatusBody(answer, encoding);
        demand(detailTypes.includes("google.rpc.BadRequest"), `${encoding}: ${describeHttp(answer)}`);
      }
    },
  },
  {
    id: "R10.grpc-details",
    level: "SHOULD",
    sentence: "says in a google.rpc.BadRequest what it cannot read, over gRPC",
    run: async (target) => {
      const answer = await callGrpc(target, { frames: frame(Buffer.from("telemetry")) });
      const seen = answer.detailTypes.join(", ") || "no details";
      demand(answer.detailTypes.includes("google.rpc.BadRequest"), `${describeGrpc(answer)}, ${seen}`);
    },
  },
  {
    id: "R12.body",
    level: "MUST",
    sentence: "has a google.rpc.Status in its caller's encoding in the body of 400, 401, 404, 405 and 415",
    run: async (target) => {
      for (const { encoding, headers } of encodings) {
        for (const [name, answer] of await refusals(target, headers)) {
          inCase(name, () => demandStatusBody(answer, encoding));
        }
      }
    },
  },
  {
    id: "R12.message",
    level: "SHOULD",
    sentence: "says in every error what is wrong",
    run: async (target) => {
      for (const { headers } of encodings) {
        for (const [name, answer] of await refusals(target, headers)) {
          const { message } = inCase(name, () => demandStatusBody(answer, "either"));
          demand(message !== "", `${name}: ${describeHttp(answer)}`);
        }
      }
    },
  },
  {
    id: "R12.unknown-type",
    level: "MUST",
    sentence: "has a google.rpc.Status in the body of a 415 for a Content-Type that it does not know",
    run: async (target) => {
      const answer = await callHttp(target, { headers: { "content-type": "text/plain" }, body: "telemetry" });
      demandHttpStatus(answer, 415);
      demandStatusBody(answer, "either");
    },
  },
  {
    id: "R12.no-http",
    level: "MUST",
    sentence: "has a google.rpc.Status in its answer to what is no HTTP request, if it answers",
    run: async (target) => {
      for (const text of [
        "telemetry\r\n\r\n",
        `POST /v1/traces HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(2 ** 21)}\r\n\r\n`,
      ]) {
        const answer = await callRaw(target, text).catch(() => "");
        const [head = "", body = ""] = answer.split("\r\n\r\n", 2);
        if (!/^HTTP\/1\.1 [45]/.test(head)) continue;
        const contentType = /^content-type: *([^\r;]*)/im.exec(head)?.[1] ?? "";
        const status = Number(head.slice(9, 12));
        demandStatusBody({ status, headers: { "content-type": contentType }, body: Buffer.from(body) }, "either");
      }
    },
  },
  {
    id: "R5.errors",
    level: "MUST",
    sentence: "answers an error in the Content-Type of its request",
    run: async (target) => {
      for (const { headers } of encodings) {
        for (const [name, answer] of await refusals(target, headers)) {
          demand(mediaTypeOf(answer) === headers["content-type"], `${name}: ${describeHttp(answer)}`);
        }
      }
    },
  },
  {
    id: "R13.encoding",
    level: "SHOULD",
    sentence: "answers a Content-Encoding that it does not know with 415 and the ones that it does",
    run: async (target) => {
      const answer = await callHttp(target, { headers: { ...PROTOBUF, "content-encoding": "br" }, body: "telemetry" });
      demandHttpStatus(answer, 415);
      const accepted = String(answer.headers["accept-encoding"] ?? "");
      demand(/\bgzip\b/.test(accepted), `Accept-Encoding: ${accepted || "missing"}`);
    },
  },
  {
    id: "R14.method",
    level: "MUST",
    sentence: "answers every method but POST with 405 and Allow: POST",
    run: async (target) => {
      for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE"]) {
        const answer = await callHttp(target, { method, headers: JSON_TYPE });
        inCase(method, () => demandHttpStatus(answer, 405));
        const allowed = answer.headers.allow ?? "";
        demand(/\bPOST\b/.test(allowed), `${method}: Allow: ${allowed || "missing"}`);
      }
    },
  },
  {
    id: "R14.content-type",
    level: "SHOULD",
    sentence: "answers any other Content-Type, or none, with 415",
    run: async (target) => {
      for (const headers of [{ "content-type": "text/plain" }, { "content-type": "application/xml" }, {}]) {
        demandHttpStatus(await callHttp(target, { headers, body: "telemetry" }), 415);
      }
    },
  },
  {
    id: "R17.http",
    level: "MUST",
    sentence: "answers a sender without a valid token with 401 or 403, and says with a 401 how to come in",
    run: async (target) => {
      httpOf(target);
      for (const caller of strangers(target)) {
        const answer = await callHttp(caller, { headers: JSON_TYPE, body: "{}" });
        demandHttpStatus(answer, [401, 403]);
        if (answer.status === 401) demand("www-authenticate" in answer.headers, "a 401 without WWW-Authenticate");
      }
    },
  },
  {
    id: "R17.grpc",
    level: "MUST",
    sentence: "answers a caller without a valid token with UNAUTHENTICATED or PERMISSION_DENIED",
    run: async (target) => {
      grpcOf(target);
      for (const caller of strangers(target)) {
        const answer = await callGrpc(caller, { frames: frame(valid) });
        const isRefused = answer.status === GRPC_UNAUTHENTICATED || answer.status === GRPC_PERMISSION_DENIED;
        demand(isRefused, describeGrpc(answer));
      }
    },
  },
];

function strangers(target: Target): readonly Target[] {
  if (target.bearerToken === null) throw new NotApplicable("needs --bearer-token");
  return [withoutToken(target), { ...target, bearerToken: `${target.bearerToken}x` }];
}
