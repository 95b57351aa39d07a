/**
 * Opens the one database file, and is the only place that knows how.
 *
 * A commit is on the disk when it returns (WAL with `synchronous=FULL`): a page that was promised
 * survives a power cut. A damaged file is never overwritten and never stops the collector: it is
 * moved aside, an empty one takes its place, and `setAside` says so, for the caller to tell loudly.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { migrate } from "./migrations.ts";
import type { ProcessLock } from "./process-lock.ts";
import { lockDirectory } from "./process-lock.ts";
import { attempt, attemptFileWork, StoreError } from "./store-error.ts";

export const DATABASE_FILE = "authspike.db";
const LOCK_FILE = "authspike.lock";

/** Reads as "aspk" in a hex dump: tells our file from any other SQLite database. */
export const APPLICATION_ID = 0x61_73_70_6b;

/** Readers such as `sqlite3` or a backup tool may hold a lock for a moment; longer is a fault. */
const BUSY_TIMEOUT_MS = 2000;

/** Beyond this the write-ahead log is cut back to nothing at the next checkpoint. */
const WAL_KEPT_MAX_BYTES = 16 * 1024 * 1024;

export type SetAside = {
  /** Where the damaged file is now. */
  readonly path: string;
  readonly cause: StoreError;
};

export class Database {
  readonly path: string;
  readonly connection: Sqlite.Database;
  /** Not null when the file that was there is damaged and its history is not in use any more. */
  readonly setAside: SetAside | null;
  readonly #lock: ProcessLock;

  private constructor(parts: {
    readonly path: string;
    readonly connection: Sqlite.Database;
    readonly setAside: SetAside | null;
    readonly lock: ProcessLock;
  }) {
    this.path = parts.path;
    this.connection = parts.connection;
    this.setAside = parts.setAside;
    this.#lock = parts.lock;
  }

  /** Makes the directory (mode 0700) if it is missing; the files get mode 0600 in any case. */
  static open(directory: string): Database {
    makeDirectory(directory);
    const path = join(directory, DATABASE_FILE);
    const lockPath = join(directory, LOCK_FILE);
    makePrivateFile(lockPath);
    const lock = lockDirectory(directory, lockPath);
    try {
      return new Database({ path, lock, ...openOrSetAside(path) });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Prepares once; keep the statement for the life of the database. */
  prepare<Parameters extends unknown[], Row = unknown>(sql: string): Sqlite.Statement<Parameters, Row> {
    return this.connection.prepare<Parameters, Row>(sql);
  }

  /** All of `work` or nothing of it. May be called inside another `transact`, which then decides. */
  transact<Result>(doing: string, work: () => Result): Result {
    return attempt(`cannot ${doing}`, () => this.connection.transaction(work).immediate());
  }

  /** Writes the log back into the file, so that what is left is one file to copy. May be called twice. */
  close(): void {
    if (!this.connection.open) return;
    try {
      this.connection.close();
    } finally {
      this.#lock.release();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function makeDirectory(directory: string): void {
  attemptFileWork(`cannot make the data directory ${directory}`, () =>
    mkdirSync(directory, { recursive: true, mode: 0o700 }),
  );
}

/** Before SQLite opens it: the log and the shared memory file take the mode of the database file. */
function makePrivateFile(path: string): void {
  attemptFileWork(`cannot write ${path}`, () => {
    closeSync(openSync(path, "a", 0o600));
    chmodSync(path, 0o600);
  });
}

function openOrSetAside(path: string): { connection: Sqlite.Database; setAside: SetAside | null } {
  try {
    return { connection: openConnection(path), setAside: null };
  } catch (error) {
    if (!(error instanceof StoreError) || error.kind !== "corrupt") throw error;
    const setAside = { path: moveAside(path), cause: error };
    return { connection: openConnection(path), setAside };
  }
}

function openConnection(path: string): Sqlite.Database {
  makePrivateFile(path);
  const connection = attempt(`cannot open ${path}`, () => new Sqlite(path, { timeout: BUSY_TIMEOUT_MS }));
  try {
    attempt(`cannot open ${path}`, () => configure(connection));
    migrate(connection, path);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function configure(connection: Sqlite.Database): void {
  refuseForeignFile(connection);
  connection.pragma("journal_mode = WAL");
  connection.pragma("synchronous = FULL");
  connection.pragma("foreign_keys = ON");
  connection.pragma(`journal_size_limit = ${WAL_KEPT_MAX_BYTES}`);
  // Pages that are freed are overwritten: routing keys must not linger in the file.
  connection.pragma("secure_delete = ON");
  checkIntegrity(connection);
}

function refuseForeignFile(connection: Sqlite.Database): void {
  const applicationId = connection.pragma("application_id", { simple: true });
  const isEmpty = connection.pragma("schema_version", { simple: true }) === 0;
  if (applicationId === APPLICATION_ID || isEmpty) return;
  throw new StoreError(`${connection.name} is a database of another program`, { kind: "other" });
}

function checkIntegrity(connection: Sqlite.Database): void {
  const verdict = connection.pragma("quick_check(1)", { simple: true });
  if (verdict === "ok") return;
  throw new StoreError(`${connection.name} is damaged: ${String(verdict)}`, { kind: "corrupt" });
}

/** Moves the file and its log; returns where the file went. Nothing is ever overwritten. */
function moveAside(path: string): string {
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const destination = `${path}.damaged-${stamp}`;
  attemptFileWork(`cannot move ${path} aside`, () => {
    for (const suffix of ["", "-wal", "-shm"]) {
      if (existsSync(path + suffix)) renameSync(path + suffix, destination + suffix);
    }
  });
  return destination;
}
