import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutgoingBatch } from "../../../src/io/exporters/delivery-lane.ts";
import { DeliveryLane } from "../../../src/io/exporters/delivery-lane.ts";
import { DestinationState } from "../../../src/io/exporters/destination-state.ts";
import type { ExportVerdict } from "../../../src/io/exporters/export-verdict.ts";
import { createLogger } from "../../../src/io/platform/logger.ts";
import { VIRTUAL_START } from "../../support/virtual-scheduler.ts";

const BATCH_BYTES = 1024 * 1024;
const DELIVERED: ExportVerdict = { kind: "delivered", warning: null };
const RETRY: ExportVerdict = { kind: "retry", afterMs: null, message: "not now" };

type Attempt = { readonly verdict: ExportVerdict; readonly hasLeft: boolean };

/** Delivers one batch with these answers in turn, and says how many of its bytes are left in memory. */
async function bytesLeftAfter(attempts: readonly Attempt[], isCopy: boolean): Promise<number> {
  const answers = [...attempts];
  const bytes = new Uint8Array(BATCH_BYTES);
  const batches: OutgoingBatch[] = [{ bytes, isCopy, itemCount: 1, requests: [], settle: () => {} }];
  const client = {
    send: async (...[, , , onLeft]: readonly [unknown, unknown, unknown, (() => void)?]) => {
      const { hasLeft, verdict } = answers.shift() ?? assert.fail("sent too often");
      if (hasLeft) onLeft?.();
      return verdict;
    },
    close: async () => {},
  };
  const log = createLogger({ level: "fatal", format: "json" }, process.stderr);
  const state = new DestinationState({ exporter: "backend", signal: "traces", log, now: () => VIRTUAL_START });
  const source = { signal: "traces", take: async () => batches.shift() ?? null, endWhenEmpty: () => {} } as const;
  const schedule = (_: number, action: () => void) => {
    setImmediate(action);
    return () => {};
  };
  await new DeliveryLane(source, { client, state, concurrency: 1, random: () => 0, schedule }).run();
  return bytes.length;
}

test("a batch gives back its memory once it is delivered and all of it has left", async () => {
  assert.equal(await bytesLeftAfter([{ verdict: DELIVERED, hasLeft: true }], true), 0);
});

test("a batch keeps its memory while an attempt may still be read from, or others send the same bytes", async () => {
  const left = { verdict: DELIVERED, hasLeft: true };
  assert.equal(await bytesLeftAfter([{ verdict: DELIVERED, hasLeft: false }], true), BATCH_BYTES);
  assert.equal(await bytesLeftAfter([{ verdict: RETRY, hasLeft: false }, left], true), BATCH_BYTES);
  assert.equal(await bytesLeftAfter([left], false), BATCH_BYTES);
});
