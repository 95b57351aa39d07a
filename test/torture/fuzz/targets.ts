/**
 * What is fuzzed: for each way in, how a message is made from the samples and what must hold of it.
 * A corpus file's name begins with the name of its target.
 */
import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { decodeExportResponse } from "../../../src/core/otlp/export-response.ts";
import { jsonToProtobuf } from "../../../src/core/otlp/json-to-protobuf.ts";
import { decodeRpcStatus } from "../../../src/core/otlp/rpc-status.ts";
import { countItems } from "../../../src/core/otlp/signal-count.ts";
import type { Signal } from "../../../src/core/otlp/verdict.ts";
import { SIGNALS } from "../../../src/core/otlp/verdict.ts";
import type { ExportVerdict } from "../../../src/io/exporters/export-verdict.ts";
import { grpcFailure, grpcSuccess, httpVerdict } from "../../../src/io/exporters/export-verdict.ts";
import { encodeHeader, parseRecord } from "../../../src/io/queue/segment.ts";
import { ownReceiverLimits } from "../../../src/io/receivers/receiver-limits.ts";
import { Unpacker } from "../../../src/io/receivers/unpack.ts";
import { decode, RPC_STATUS } from "../../support/otlp-protobuf.ts";
import type { Random } from "../../support/random.ts";
import type { FuzzedIntake } from "./fuzzed-intake.ts";
import { mutateJson } from "./mutate-json.ts";
import { mutateProtobuf, spoilBytes } from "./mutate-protobuf.ts";
import type { Samples } from "./samples.ts";
import { REQUEST_TYPES, RESPONSE_TYPES } from "./samples.ts";

export type FuzzTarget = {
  readonly name: string;
  /** How often it gets its turn. */
  readonly weight: number;
  readonly make: (samples: Samples, random: Random) => Uint8Array;
  /** Throws when something does not hold. */
  readonly check: (bytes: Uint8Array) => Promise<void> | void;
};

const UNPACKED_MAX_BYTES = 64 * 1024;
const NOW_WALL = Date.UTC(2026, 2, 2);

export function fuzzTargets(intake: FuzzedIntake): readonly FuzzTarget[] {
  return [...SIGNALS.flatMap((signal) => targetsOf(signal, intake)), statusTarget, packedTarget, segmentTarget];
}

function targetsOf(signal: Signal, intake: FuzzedIntake): readonly FuzzTarget[] {
  return [
    {
      name: `${signal}-protobuf`,
      weight: signal === "traces" ? 8 : 3,
      make: ({ protobuf }, random) => mutateProtobuf(REQUEST_TYPES[signal], random.pick(protobuf[signal]), random),
      check: (bytes) => intake.check(signal, bytes),
    },
    {
      name: `${signal}-json`,
      weight: signal === "traces" ? 3 : 2,
      make: ({ json }, random) => mutateJson(random.pick(json[signal]), random),
      check: (bytes) => checkJson(signal, bytes, intake),
    },
    {
      name: `${signal}-response`,
      weight: 1,
      make: ({ responses }, random) => mutateProtobuf(RESPONSE_TYPES[signal], random.pick(responses[signal]), random),
      check: (bytes) => checkResponse(signal, bytes),
    },
  ];
}

async function checkJson(signal: Signal, text: Uint8Array, intake: FuzzedIntake): Promise<void> {
  const result = jsonToProtobuf(signal, text);
  if (result.kind === "malformed") {
    assert.ok(result.message.length < 1_000, "the complaint is short");
    return;
  }
  assert.equal(countItems(signal, result.bytes).kind, "counted", "what JSON becomes is well formed");
  decode(REQUEST_TYPES[signal], result.bytes);
  await intake.check(signal, result.bytes);
}

function checkResponse(signal: Signal, body: Uint8Array): void {
  for (const encoding of ["protobuf", "json"] as const) decodeExportResponse(signal, encoding, body);
  checkVerdict(grpcSuccess(signal, body));
  for (const contentType of ["application/x-protobuf", "application/json; charset=utf-8", "text/html", undefined]) {
    checkVerdict(httpVerdict(signal, { status: 200, contentType, retryAfter: undefined, body }, NOW_WALL));
  }
}

const statusTarget: FuzzTarget = {
  name: "status",
  weight: 1,
  make: ({ statuses }, random) => mutateProtobuf(RPC_STATUS, random.pick(statuses), random),
  check: (body) => {
    for (const encoding of ["protobuf", "json"] as const) decodeRpcStatus(body, encoding);
    const retryAfter = Buffer.from(body).toString("latin1");
    for (const code of [1, 3, 8, 13, 14]) checkVerdict(grpcFailure({ code, message: retryAfter, statusDetails: body }));
    for (const status of [301, 400, 413, 429, 503]) {
      const contentType = status % 2 === 0 ? "application/json" : "application/x-protobuf";
      checkVerdict(httpVerdict("traces", { status, contentType, retryAfter, body }, NOW_WALL));
    }
  },
};

/** Whatever a destination answers, it cannot make us wait for ever or count what it was not sent. */
function checkVerdict(verdict: ExportVerdict): void {
  if (verdict.kind === "retry" && verdict.afterMs !== null) {
    assert.ok(Number.isFinite(verdict.afterMs) && verdict.afterMs >= 0, `a wait of ${verdict.afterMs} ms`);
  }
  if (verdict.kind === "partial") assert.ok(verdict.rejectedCount > 0);
}

const packedTarget: FuzzTarget = {
  name: "packed",
  weight: 1,
  make: ({ protobuf }, random) => {
    const plain = random.chance(0.3)
      ? Buffer.alloc(random.integer(4) * UNPACKED_MAX_BYTES)
      : random.pick(protobuf.logs);
    const packed = random.chance(0.6) ? gzipSync(plain) : zstdCompressSync(plain);
    return random.chance(0.2) ? packed : spoilBytes(packed, random);
  },
  check: async (bytes) => {
    const unpacker = new Unpacker(ownReceiverLimits());
    for (const format of ["gzip", "zstd"] as const) {
      const unpacked = await unpacker.unpack(bytes, format, UNPACKED_MAX_BYTES);
      if (unpacked.kind === "read") assert.ok(unpacked.bytes.length <= UNPACKED_MAX_BYTES);
    }
  },
};

const segmentTarget: FuzzTarget = {
  name: "segment",
  weight: 1,
  make: ({ protobuf }, random) => {
    const records = Array.from({ length: 1 + random.integer(4) }, (_, index) => {
      const bytes = random.pick(protobuf.logs);
      const header = encodeHeader({ signal: "logs", bytes, itemCount: 1, offset: index, queuedAt: NOW_WALL });
      return Buffer.concat([header, bytes]);
    });
    return spoilBytes(Buffer.concat(records), random);
  },
  check: (bytes) => {
    const segment = Buffer.from(bytes);
    for (let position = 0; position < segment.length; ) {
      const parsed = parseRecord(segment, position);
      if (parsed.kind === "incomplete") return;
      assert.ok(parsed.end > position && parsed.end <= segment.length, "reading gets on");
      position = parsed.end;
    }
  },
};
