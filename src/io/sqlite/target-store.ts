/**
 * Notifier targets as they were when a page left.
 *
 * A resolve must reach the incident that its trigger opened, even if the notifier has been renamed,
 * moved or given another key meanwhile. So address and key are frozen here, under a name that
 * follows from them.
 */
import { createHash } from "node:crypto";
import type { Database } from "./database.ts";
import { attempt } from "./store-error.ts";

/** What a target is made of. A secret: never shown, logged or exported. */
export type TargetSecret = { readonly kind: string; readonly url: string; readonly key: string };

export type Target = TargetSecret & { readonly id: string };

type TargetRow = { readonly id: string; readonly kind: string; readonly secret_json: string };

export class TargetStore {
  readonly #insertOnce;
  readonly #select;

  constructor(database: Database) {
    this.#insertOnce = database.prepare<[string, string, string]>(
      "INSERT INTO target (id, kind, secret_json) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.#select = database.prepare<[string], TargetRow>("SELECT id, kind, secret_json FROM target WHERE id = ?");
  }

  /** May be called again with the same target; it never changes one. */
  freeze(target: Target): void {
    const secret = JSON.stringify({ url: target.url, key: target.key });
    attempt("cannot keep a notifier target", () => this.#insertOnce.run(target.id, target.kind, secret));
  }

  target(id: string): Target | null {
    const row = attempt("cannot read a notifier target", () => this.#select.get(id));
    if (row === undefined) return null;
    const secret = JSON.parse(row.secret_json) as { url: string; key: string };
    return { id: row.id, kind: row.kind, url: secret.url, key: secret.key };
  }
}

/** Same kind, address and key: same id. 24 hex digits of a hash, so the id gives nothing away. */
export function targetId(secret: TargetSecret): string {
  const text = JSON.stringify([secret.kind, secret.url, secret.key]);
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
