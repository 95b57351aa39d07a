/**
 * Lets one process at a time use a data directory.
 *
 * Two collectors on one database would page twice for everything. The lock is an open transaction
 * on an empty database of its own, because the system drops that lock however the process ends,
 * and because the real database stays readable for `sqlite3` meanwhile.
 */
import Sqlite from "better-sqlite3";
import { attempt, StoreError } from "./store-error.ts";

export type ProcessLock = { release(): void };

/** Throws a StoreError of kind `locked` when another process holds the directory. */
export function lockDirectory(directory: string, path: string): ProcessLock {
  const connection = attempt(`cannot open ${path}`, () => new Sqlite(path, { timeout: 0 }));
  try {
    attempt(`cannot lock ${path}`, () => connection.exec("BEGIN EXCLUSIVE"));
  } catch (error) {
    connection.close();
    if (!(error instanceof StoreError) || error.kind !== "locked") throw error;
    throw new StoreError(`the data directory ${directory} is in use by another authspike process`, {
      kind: "locked",
      cause: error,
    });
  }
  return { release: () => void connection.close() };
}
