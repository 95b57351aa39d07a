import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueueRecord } from "../../../src/io/queue/segment.ts";
import { encodeHeader, findTail, parseRecord } from "../../../src/io/queue/segment.ts";
import { fc } from "../../support/properties.ts";

const recordArbitrary = fc.record({
  signal: fc.constantFrom("traces", "metrics", "logs"),
  bytes: fc.uint8Array({ maxLength: 200 }),
  itemCount: fc.integer({ min: 1, max: 1000 }),
  queuedAt: fc.double({ min: 0, max: 2e12, noNaN: true }),
});

const recordsArbitrary = fc.array(recordArbitrary, { minLength: 1, maxLength: 12 }).map((parts) => {
  let offset = 0;
  return parts.map((part): QueueRecord => {
    const record = { ...part, signal: part.signal as QueueRecord["signal"], offset };
    offset += part.itemCount;
    return record;
  });
});

function fileOf(records: readonly QueueRecord[]): Buffer {
  return Buffer.concat(records.flatMap((record) => [encodeHeader(record), record.bytes]));
}

/** What a reader gets out of a file. */
function readAll(file: Buffer): QueueRecord[] {
  const records: QueueRecord[] = [];
  for (let position = 0; ; ) {
    const parsed = parseRecord(file, position);
    if (parsed.kind === "incomplete") return records;
    assert.ok(parsed.end > position, "reading always moves on");
    position = parsed.end;
    if (parsed.kind === "record") records.push({ ...parsed.record, bytes: new Uint8Array(parsed.record.bytes) });
  }
}

test("what is written is read back, in order", () => {
  fc.assert(fc.property(recordsArbitrary, (records) => assert.deepEqual(readAll(fileOf(records)), records)));
});

test("a file cut anywhere gives every record before the cut, and its tail is where the last of them ends", () => {
  fc.assert(
    fc.property(recordsArbitrary, fc.nat(), (records, at) => {
      const file = fileOf(records);
      const cut = file.subarray(0, at % (file.length + 1));
      const whole = readAll(cut);
      assert.deepEqual(whole, records.slice(0, whole.length));
      const end = fileOf(whole).length;
      assert.equal(findTail(cut)?.end ?? 0, end);
      const next = records[whole.length];
      assert.ok(next === undefined || end + fileOf([next]).length > cut.length, "no whole record is missed");
    }),
  );
});

test("a flipped byte costs one record and no other", () => {
  fc.assert(
    fc.property(recordsArbitrary, fc.nat(), fc.integer({ min: 1, max: 255 }), (records, at, change) => {
      const file = fileOf(records);
      const position = at % file.length;
      file[position] = (file[position] ?? 0) ^ change;
      const read = readAll(file);
      const hit = records.findIndex((_, index) => fileOf(records.slice(0, index + 1)).length > position);
      assert.deepEqual(read, records.toSpliced(hit, 1));
    }),
  );
});

test("zeros at the end, as a power cut leaves them, are no records", () => {
  const record: QueueRecord = { signal: "logs", bytes: Buffer.from("abc"), itemCount: 2, offset: 5, queuedAt: 1 };
  const file = Buffer.concat([fileOf([record]), Buffer.alloc(5000)]);
  assert.deepEqual(findTail(file), { end: fileOf([record]).length, nextOffset: 7 });
});
