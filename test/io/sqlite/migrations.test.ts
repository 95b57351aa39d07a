import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Sqlite from "better-sqlite3";
import { APPLICATION_ID, Database } from "../../../src/io/sqlite/database.ts";
import { MIGRATIONS, migrate } from "../../../src/io/sqlite/migrations.ts";
import { StoreError } from "../../../src/io/sqlite/store-error.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const steps = ["CREATE TABLE first (a TEXT)", "CREATE TABLE second (b TEXT)", "CREATE TABLE third (c TEXT)"];

function versionOf(connection: Sqlite.Database): unknown {
  return connection.pragma("user_version", { simple: true });
}

test("an empty file is brought to the newest version, under our application id, without a backup", () => {
  using temporary = temporaryDirectory();
  using database = Database.open(temporary.path);
  assert.equal(versionOf(database.connection), MIGRATIONS.length);
  assert.equal(database.connection.pragma("application_id", { simple: true }), APPLICATION_ID);
  assert.equal(existsSync(`${database.path}.before-v1`), false);
});

test("an older file takes only the steps it has not had, after a backup for the owner alone", () => {
  using temporary = temporaryDirectory();
  const path = join(temporary.path, "test.db");
  const connection = new Sqlite(path);
  migrate(connection, path, steps.slice(0, 1));
  connection.exec("INSERT INTO first VALUES ('kept')");
  migrate(connection, path, steps);
  assert.equal(versionOf(connection), 3);
  const backup = new Sqlite(`${path}.before-v2`, { readonly: true });
  assert.equal(versionOf(backup), 1);
  assert.deepEqual(backup.prepare("SELECT a FROM first").all(), [{ a: "kept" }]);
  assert.equal(statSync(`${path}.before-v2`).mode & 0o777, 0o600);
  backup.close();
  connection.close();
});

test("a step that fails leaves the file at the version before it", () => {
  using temporary = temporaryDirectory();
  const path = join(temporary.path, "test.db");
  const connection = new Sqlite(path);
  const broken = [...steps.slice(0, 1), "CREATE TABLE second (b TEXT); INSERT INTO nowhere VALUES (1)"];
  assert.throws(() => migrate(connection, path, broken), /cannot migrate .* to version 2: no such table: nowhere/);
  assert.equal(versionOf(connection), 1);
  assert.deepEqual(connection.prepare("SELECT name FROM sqlite_schema").all(), [{ name: "first" }]);
  migrate(connection, path, steps);
  assert.equal(versionOf(connection), 3);
  connection.close();
});

test("a file from a newer version is refused and not changed", () => {
  using temporary = temporaryDirectory();
  const before = Database.open(temporary.path);
  before.connection.pragma("user_version = 99");
  before.close();
  assert.throws(
    () => Database.open(temporary.path),
    (error: unknown) =>
      error instanceof StoreError &&
      error.kind === "newer_schema" &&
      /version 99, this authspike knows up to/.test(error.message),
  );
  const after = new Sqlite(before.path);
  assert.equal(versionOf(after), 99);
  after.close();
});
