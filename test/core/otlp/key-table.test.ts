import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyTable, NO_SLOT } from "../../../src/core/otlp/key-table.ts";
import { fc } from "../../support/properties.ts";

test("every key is found in its slot and no other text is", () => {
  const anyKey = fc.string({ unit: fc.constantFrom("a", "b", ".", "é"), maxLength: 10 });
  fc.assert(
    fc.property(fc.uniqueArray(anyKey, { maxLength: 60 }), fc.array(anyKey), (keys, others) => {
      const table = new KeyTable(keys);
      for (const text of [...keys, ...others]) {
        const bytes = Buffer.from(`=${text}=`);
        const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        assert.equal(table.slotOf(bytes, 1, bytes.length - 1), keys.indexOf(text));
        assert.equal(table.slotIn(bytes, data, 1, bytes.length - 1), keys.indexOf(text));
      }
    }),
  );
});

test("a table without keys finds nothing", () => {
  assert.equal(new KeyTable([]).slotOf(Buffer.from("a"), 0, 1), NO_SLOT);
});

test("a key that comes twice is a mistake of ours", () => {
  assert.throws(() => new KeyTable(["a", "a"]), /attribute keys must differ/);
});
