import assert from "node:assert/strict";
import { test } from "node:test";
import type { Spelling } from "../../../src/core/extraction/spelling-table.ts";
import { NOT_REMEMBERED, SpellingTable } from "../../../src/core/extraction/spelling-table.ts";
import { fc } from "../../support/properties.ts";

function spellingOf(path: string): Spelling {
  const headBytes = Buffer.from("GET");
  const tailBytes = Buffer.from(path);
  const head = { headBytes, headStart: 0, headEnd: headBytes.length };
  return { scopeIndex: 1, kind: "path", ...head, tailBytes, tailStart: 0, tailEnd: tailBytes.length };
}

function endpointOf(table: SpellingTable, path: string): number | null {
  const entry = table.find(spellingOf(path));
  return entry === NOT_REMEMBERED ? null : table.endpointIdAt(entry);
}

test("what stands for forgotten endpoints is forgotten, the rest is found, and the room is used again", () => {
  const path = fc.string({ minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.uniqueArray(path, { maxLength: 60 }), fc.array(fc.nat(59)), (paths, forgotten) => {
      const table = new SpellingTable(7);
      for (const [id, name] of paths.entries()) table.remember(spellingOf(name), id, id);
      const gone = new Set(forgotten);
      table.forget(gone);
      for (const [id, name] of paths.entries()) assert.equal(endpointOf(table, name), gone.has(id) ? null : id);
      for (const [id, name] of paths.entries()) if (gone.has(id)) table.remember(spellingOf(name), 1000 + id, 0);
      for (const [id, name] of paths.entries()) assert.equal(endpointOf(table, name), gone.has(id) ? 1000 + id : id);
      assert.equal(table.size, paths.length);
    }),
  );
});
