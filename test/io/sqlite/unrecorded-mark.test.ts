import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Store } from "../../../src/io/sqlite/store.ts";
import { StoreError } from "../../../src/io/sqlite/store-error.ts";
import { UnrecordedMark } from "../../../src/io/sqlite/unrecorded-mark.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

describe("the mark that alerts are on no record", () => {
  test("is clear in a new directory, and outlives a process once it is set", () => {
    using temporary = temporaryDirectory();
    const directory = temporary.path;
    const first = UnrecordedMark.open(directory);
    assert.equal(first.isSet, false);
    first.set();
    const second = UnrecordedMark.open(directory);
    assert.equal(second.isSet, true, "read by another process while the first has it open, as after kill -9");
    second.clear();
    assert.equal(UnrecordedMark.open(directory).isSet, false);
  });

  test("changes one byte in its place, so that it needs no room on the disk", () => {
    using temporary = temporaryDirectory();
    const directory = temporary.path;
    const mark = UnrecordedMark.open(directory);
    const path = join(directory, "authspike.unrecorded");
    const before = statSync(path);
    mark.set();
    const after = statSync(path);
    assert.deepEqual([after.ino, after.size, after.blocks], [before.ino, 1, before.blocks]);
    assert.equal(readFileSync(path, "utf8"), "1");
    assert.equal(after.mode & 0o777, 0o600);
  });

  test("is set when the database was damaged, because what it knew is lost", () => {
    using temporary = temporaryDirectory();
    const directory = temporary.path;
    Store.open(directory).close();
    writeFileSync(join(directory, "authspike.db"), "not a database at all");
    using store = Store.open(directory);
    assert.notEqual(store.setAside, null);
    assert.equal(store.unrecorded.isSet, true);
  });

  test("says what is wrong when it cannot be opened", { skip: process.getuid?.() === 0 }, () => {
    using temporary = temporaryDirectory();
    const directory = temporary.path;
    UnrecordedMark.open(directory).close();
    chmodSync(join(directory, "authspike.unrecorded"), 0o000);
    assert.throws(
      () => UnrecordedMark.open(directory),
      (error) => error instanceof StoreError && error.kind === "readonly",
    );
  });
});
