import assert from "node:assert/strict";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import Sqlite from "better-sqlite3";
import { DATABASE_FILE, Database } from "../../../src/io/sqlite/database.ts";
import { StoreError } from "../../../src/io/sqlite/store-error.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

function storeErrorOf(kind: StoreError["kind"], message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
    return true;
  };
}

describe("opening the database", () => {
  test("makes the directory for the owner alone, and every file in it", () => {
    using temporary = temporaryDirectory();
    const directory = join(temporary.path, "deep", "data");
    using database = Database.open(directory);
    database.connection.exec("INSERT INTO meta VALUES ('a', x'00')");
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    for (const file of readdirSync(directory)) assert.equal(statSync(join(directory, file)).mode & 0o777, 0o600, file);
  });

  test("takes away what others may do with a file that is already there", () => {
    using temporary = temporaryDirectory();
    Database.open(temporary.path).close();
    chmodSync(join(temporary.path, DATABASE_FILE), 0o644);
    using _database = Database.open(temporary.path);
    assert.equal(statSync(join(temporary.path, DATABASE_FILE)).mode & 0o777, 0o600);
  });

  test("commits to the disk before it says so", () => {
    using temporary = temporaryDirectory();
    using database = Database.open(temporary.path);
    const { connection } = database;
    assert.equal(connection.pragma("journal_mode", { simple: true }), "wal");
    assert.equal(connection.pragma("synchronous", { simple: true }), 2);
    assert.equal(connection.pragma("foreign_keys", { simple: true }), 1);
  });

  test("lets one process at a time use a directory, and the next one after it", () => {
    using temporary = temporaryDirectory();
    const first = Database.open(temporary.path);
    assert.throws(() => Database.open(temporary.path), storeErrorOf("locked", /in use by another authspike/));
    first.close();
    first.close();
    Database.open(temporary.path).close();
  });

  test("stays readable for other programs meanwhile", () => {
    using temporary = temporaryDirectory();
    using database = Database.open(temporary.path);
    const reader = new Sqlite(database.path, { readonly: true });
    assert.deepEqual(reader.prepare("SELECT count(*) AS n FROM alert").get(), { n: 0 });
    reader.close();
  });

  test("moves a file that is no database aside, keeps it, says so and starts afresh", () => {
    using temporary = temporaryDirectory();
    writeFileSync(
      join(temporary.path, DATABASE_FILE),
      "not a database at all, but longer than a header of one hundred bytes".repeat(9),
    );
    using database = Database.open(temporary.path);
    assert.ok(database.setAside);
    assert.equal(database.setAside.cause.kind, "corrupt");
    assert.match(readFileSync(database.setAside.path, "utf8"), /^not a database/);
    assert.deepEqual(database.connection.prepare("SELECT count(*) AS n FROM alert").get(), { n: 0 });
  });

  test("notices damage in the middle of the file", () => {
    using temporary = temporaryDirectory();
    const before = Database.open(temporary.path);
    const insert = before.connection.prepare("INSERT INTO meta VALUES (?, ?)");
    for (let index = 0; index < 200; index++) insert.run(`key ${index}`, Buffer.alloc(500, index));
    before.close();
    const file = openSync(before.path, "r+");
    writeSync(file, Buffer.alloc(4096 * 4, 0xff), 0, 4096 * 4, 4096 * 12);
    closeSync(file);
    using after = Database.open(temporary.path);
    assert.equal(after.setAside?.cause.kind, "corrupt");
  });

  test("leaves a database of another program alone", () => {
    using temporary = temporaryDirectory();
    const other = new Sqlite(join(temporary.path, DATABASE_FILE));
    other.exec("CREATE TABLE bookmark (url TEXT)");
    other.close();
    assert.throws(() => Database.open(temporary.path), storeErrorOf("other", /another program/));
    assert.deepEqual(
      readdirSync(temporary.path).filter((name) => name.includes("damaged")),
      [],
    );
  });

  test("says which path cannot be written", () => {
    using temporary = temporaryDirectory();
    writeFileSync(join(temporary.path, "file"), "");
    assert.throws(
      () => Database.open(join(temporary.path, "file", "data")),
      storeErrorOf("other", /data directory .*file/),
    );
    mkdirSync(join(temporary.path, "taken", DATABASE_FILE), { recursive: true });
    assert.throws(() => Database.open(join(temporary.path, "taken")), /cannot write .*authspike\.db/);
  });
});

describe("trouble with the database", () => {
  test("a full disk is told apart, and what was there stays usable", () => {
    using temporary = temporaryDirectory();
    using database = Database.open(temporary.path);
    const pages = Number(database.connection.pragma("page_count", { simple: true }));
    database.connection.pragma(`max_page_count = ${pages + 2}`);
    const insert = database.prepare<[string, Buffer]>("INSERT INTO meta VALUES (?, ?)");
    const fill = () => database.transact("fill the disk", () => insert.run("big", Buffer.alloc(100_000)));
    assert.throws(fill, storeErrorOf("full", /^cannot fill the disk: .*free some disk space/));
    database.connection.pragma(`max_page_count = ${pages + 100}`);
    fill();
  });

  test("a lock that another program holds is told apart", () => {
    using temporary = temporaryDirectory();
    using database = Database.open(temporary.path);
    database.connection.pragma("busy_timeout = 0");
    const other = new Sqlite(database.path);
    other.exec("BEGIN IMMEDIATE");
    assert.throws(() => database.transact("write", () => undefined), storeErrorOf("locked", /another process/));
    other.close();
    database.transact("write", () => undefined);
  });

  test("an error of ours passes through a transaction as it is, and nothing is kept", () => {
    using temporary = temporaryDirectory();
    using database = Database.open(temporary.path);
    const work = () => {
      database.connection.exec("INSERT INTO meta VALUES ('a', x'00')");
      throw new RangeError("ours");
    };
    assert.throws(() => database.transact("write", work), RangeError);
    assert.deepEqual(database.connection.prepare("SELECT count(*) AS n FROM meta").get(), { n: 0 });
  });
});
