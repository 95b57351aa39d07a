/**
 * Every rule bundle that was ever in force, with who put it there and what it changed.
 *
 * A bundle's texts are kept once, under the hash of the texts; each time one comes into force adds a
 * row. Going back to an older bundle is therefore one more row, not a rewriting of history.
 */
import type { UnixMillis } from "../../core/time.ts";
import type { Database } from "./database.ts";
import { attempt } from "./store-error.ts";

/** Beyond this many activations the oldest are forgotten, with texts that no other one uses. */
export const ACTIVATIONS_KEPT_MAX = 1000;

export type RuleFile = { readonly path: string; readonly text: string };

export type RuleBundle = {
  /** SHA-256 of the texts, 64 hex digits. */
  readonly hash: string;
  readonly acceptedAtWall: UnixMillis;
  /** Who or what put it in force, as in `start`, `reload` or `api:<user>`. */
  readonly origin: string;
  readonly files: readonly RuleFile[];
  /** Against the bundle before it, for people to read. */
  readonly diff: string;
};

type BundleRow = {
  readonly hash: string;
  readonly accepted_at_wall: number;
  readonly origin: string;
  readonly diff: string;
  readonly files_json: string;
};

const SELECT_BUNDLES = `
  SELECT hash, accepted_at_wall, origin, diff, files_json
  FROM rule_activation JOIN rule_bundle USING (hash)`;

export class RuleStore {
  readonly #database: Database;
  readonly #insertBundle;
  readonly #insertActivation;
  readonly #selectNewest;
  readonly #selectByHash;
  readonly #forgetActivations;
  readonly #forgetBundles;

  constructor(database: Database) {
    this.#database = database;
    this.#insertBundle = database.prepare<[string, string]>(
      "INSERT INTO rule_bundle (hash, files_json) VALUES (?, ?) ON CONFLICT DO NOTHING",
    );
    this.#insertActivation = database.prepare<[string, number, string, string]>(
      "INSERT INTO rule_activation (hash, accepted_at_wall, origin, diff) VALUES (?, ?, ?, ?)",
    );
    this.#selectNewest = database.prepare<[number], BundleRow>(`${SELECT_BUNDLES} ORDER BY id DESC LIMIT ?`);
    this.#selectByHash = database.prepare<[string], BundleRow>(
      `${SELECT_BUNDLES} WHERE hash = ? ORDER BY id DESC LIMIT 1`,
    );
    this.#forgetActivations = database.prepare<[number]>(
      "DELETE FROM rule_activation WHERE id <= (SELECT max(id) FROM rule_activation) - ?",
    );
    this.#forgetBundles = database.prepare(
      "DELETE FROM rule_bundle WHERE hash NOT IN (SELECT hash FROM rule_activation)",
    );
  }

  /** From the next `active()` on, this bundle is the one in force. */
  activate(bundle: RuleBundle): void {
    this.#database.transact("record the rule bundle", () => {
      this.#insertBundle.run(bundle.hash, JSON.stringify(bundle.files));
      this.#insertActivation.run(bundle.hash, bundle.acceptedAtWall, bundle.origin, bundle.diff);
      const forgotten = this.#forgetActivations.run(ACTIVATIONS_KEPT_MAX);
      if (forgotten.changes > 0) this.#forgetBundles.run();
    });
  }

  /** The bundle in force when the process last ran; null on a fresh database. */
  active(): RuleBundle | null {
    return this.history(1)[0] ?? null;
  }

  /** Newest first. */
  history(limit: number): readonly RuleBundle[] {
    return attempt("cannot read rule bundles", () => this.#selectNewest.all(limit)).map(toBundle);
  }

  /** By hash, as it was last put in force. */
  bundle(hash: string): RuleBundle | null {
    const row = attempt("cannot read a rule bundle", () => this.#selectByHash.get(hash));
    return row === undefined ? null : toBundle(row);
  }
}

function toBundle(row: BundleRow): RuleBundle {
  return {
    hash: row.hash,
    acceptedAtWall: row.accepted_at_wall,
    origin: row.origin,
    files: JSON.parse(row.files_json) as readonly RuleFile[],
    diff: row.diff,
  };
}
