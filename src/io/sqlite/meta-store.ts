/**
 * Single facts about this installation: the key of its fingerprints and how far its clock has come.
 */
import { randomBytes } from "node:crypto";
import type { UnixMillis } from "../../core/time.ts";
import type { Database } from "./database.ts";
import { attempt } from "./store-error.ts";

const INSTALL_KEY_BYTES = 16;

export class MetaStore {
  readonly #database: Database;
  readonly #select;
  readonly #insertOnce;
  readonly #replace;
  readonly #selectLatestInstant;

  constructor(database: Database) {
    this.#database = database;
    this.#select = database.prepare<[string], { value: Buffer }>("SELECT value FROM meta WHERE key = ?");
    this.#insertOnce = database.prepare<[string, Buffer]>(
      "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
    );
    this.#replace = database.prepare<[string, Buffer]>(
      "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    );
    this.#selectLatestInstant = database.prepare<[], { at: number | null }>(
      "SELECT max(at) AS at FROM alert_transition",
    );
  }

  /**
   * 16 random bytes, made when first asked for and the same ever after: fingerprints of client
   * addresses are keyed with it, so that they say nothing outside this installation.
   */
  installKey(): Uint8Array {
    return this.#database.transact("keep the install key", () => {
      this.#insertOnce.run("install_key", randomBytes(INSTALL_KEY_BYTES));
      return this.#get("install_key") ?? new Uint8Array(0);
    });
  }

  /** The latest instant of the steady clock that is on record: the clock must not start before it. */
  latestSteady(): UnixMillis | null {
    const remembered = this.#get("latest_steady");
    const recorded = attempt("cannot read the latest instant", () => this.#selectLatestInstant.get())?.at ?? null;
    if (remembered === null) return recorded;
    return Math.max(remembered.readDoubleLE(0), recorded ?? 0);
  }

  /** Call it now and then, at least with every checkpoint and at the end. */
  rememberSteady(at: UnixMillis): void {
    const value = Buffer.alloc(8);
    value.writeDoubleLE(at);
    attempt("cannot keep the clock", () => this.#replace.run("latest_steady", value));
  }

  #get(key: string): Buffer | null {
    return attempt("cannot read meta", () => this.#select.get(key))?.value ?? null;
  }
}
