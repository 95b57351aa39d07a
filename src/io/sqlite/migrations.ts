/**
 * Brings the database to the schema this version knows, one numbered step at a time.
 *
 * `PRAGMA user_version` says which steps a file has had. Before the first step that changes an
 * existing file, the whole file is copied beside it. A file from a newer version is refused and
 * left alone: guessing at its meaning could lose an open incident.
 *
 * To change the schema add a file with the next number under migrations/ and a row below; a step
 * that has been released is never edited.
 */
import { chmodSync, existsSync, rmSync } from "node:fs";
import type Sqlite from "better-sqlite3";
import { firstSchema } from "./migrations/0001-first-schema.ts";
import { attempt, StoreError } from "./store-error.ts";

/** The step at index n leads from version n to n + 1. */
export const MIGRATIONS: readonly string[] = [firstSchema];

export function migrate(connection: Sqlite.Database, path: string, steps: readonly string[] = MIGRATIONS): void {
  const version = Number(connection.pragma("user_version", { simple: true }));
  if (version > steps.length) throw newerSchema(path, version, steps.length);
  if (version === steps.length) return;
  if (version > 0) backUp(connection, `${path}.before-v${version + 1}`);
  for (let next = version; next < steps.length; next++) {
    attempt(`cannot migrate ${path} to version ${next + 1}`, () => takeStep(connection, steps[next] ?? "", next + 1));
  }
}

/** Step and number in one transaction: a crash leaves the file before the step or after it. */
function takeStep(connection: Sqlite.Database, sql: string, version: number): void {
  connection
    .transaction(() => {
      connection.exec(sql);
      connection.pragma(`user_version = ${version}`);
    })
    .immediate();
}

function backUp(connection: Sqlite.Database, backupPath: string): void {
  // Left over from an attempt that failed: it holds the same rows, and VACUUM INTO needs a new file.
  if (existsSync(backupPath)) rmSync(backupPath);
  attempt(`cannot back up to ${backupPath}`, () => connection.prepare("VACUUM INTO ?").run(backupPath));
  chmodSync(backupPath, 0o600);
}

function newerSchema(path: string, version: number, known: number): StoreError {
  const message =
    `${path} has schema version ${version}, this authspike knows up to ${known}; ` +
    "run the newer version, or restore the backup it made before it changed the file";
  return new StoreError(message, { kind: "newer_schema" });
}
