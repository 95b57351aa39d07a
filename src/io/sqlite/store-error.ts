/**
 * What went wrong at the database, in the few kinds that a caller can act on.
 *
 * SQLite has some eighty extended codes; here they become the question to answer: free some disk,
 * wait for the other process, restore a backup, mend the permissions.
 */
import Sqlite from "better-sqlite3";

export type StoreErrorKind = "full" | "locked" | "corrupt" | "readonly" | "newer_schema" | "other";

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly kind: StoreErrorKind;

  constructor(message: string, options: { readonly kind: StoreErrorKind; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.kind = options.kind;
  }
}

/** Runs `work`; what SQLite throws becomes a StoreError that starts with `doing`, the rest passes. */
export function attempt<Result>(doing: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw toStoreError(doing, error);
  }
}

/** The same for what the file system throws. */
export function attemptFileWork<Result>(doing: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const kind = fileErrorKinds[code] ?? "other";
    throw new StoreError(`${doing}: ${error instanceof Error ? error.message : String(error)}`, { kind, cause: error });
  }
}

const fileErrorKinds: Readonly<Record<string, StoreErrorKind>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EACCES: "readonly",
  EPERM: "readonly",
  EROFS: "readonly",
};

function toStoreError(doing: string, error: unknown): unknown {
  if (!(error instanceof Sqlite.SqliteError)) return error;
  const kind = kindOfCode(error.code);
  return new StoreError(`${doing}: ${error.message}${remedies[kind]}`, { kind, cause: error });
}

const remedies: Readonly<Record<StoreErrorKind, string>> = {
  full: "; free some disk space",
  locked: "; another process holds the database",
  corrupt: "; the file is damaged",
  readonly: "; check the owner and mode of the data directory",
  newer_schema: "",
  other: "",
};

function kindOfCode(code: string): StoreErrorKind {
  if (code === "SQLITE_FULL") return "full";
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) return "locked";
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") return "corrupt";
  if (isReadOnlyCode(code)) return "readonly";
  return "other";
}

function isReadOnlyCode(code: string): boolean {
  return code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_CANTOPEN") || code === "SQLITE_PERM";
}
