/**
 * Keeps the rules in force: the newest bundle that was right as a whole, never less.
 *
 * The directory is read twice a second, which is cheap for a few small files and sees every way of
 * changing them: editors, git, and the symbolic links that Kubernetes swaps. A bundle with an error
 * changes nothing but what is said about it. At start the last good bundle comes from the store when
 * the files are broken, so that a bad edit followed by a restart does not leave authspike blind.
 */
import type { Diagnostic } from "../core/diagnostic.ts";
import { renderRuleDiagnostics } from "../core/rules/diagnostic-text.ts";
import { diffRuleSets, summarizeDiff } from "../core/rules/diff.ts";
import type { RuleSet } from "../core/rules/rule.ts";
import type { RuleBundleOutcome } from "../core/rules/rule-bundle.ts";
import type { SourceFile } from "../core/text/yaml-document.ts";
import type { UnixMillis } from "../core/time.ts";
import type { Schedule } from "./schedule.ts";

const LOOK_EVERY_MS = 500;

export type StoredBundle = {
  readonly hash: string;
  readonly acceptedAtWall: UnixMillis;
  readonly origin: string;
  readonly files: readonly SourceFile[];
  readonly diff: string;
};

export interface RuleHistory {
  activate(bundle: StoredBundle): void;
  active(): StoredBundle | null;
}

export type RuleKeeperParts = {
  /** The files as they are now. Throws when the directory cannot be read. */
  readonly readFiles: () => readonly SourceFile[];
  readonly parse: (files: readonly SourceFile[]) => RuleBundleOutcome;
  readonly history: RuleHistory;
  readonly nowWall: () => UnixMillis;
  readonly schedule: Schedule;
  readonly observer: RuleObserver;
};

export interface RuleObserver {
  accepted(bundle: ActiveBundle, changes: readonly string[]): void;
  /** `inForce` is the hash of the bundle that goes on. */
  refused(refusal: Refusal, inForce: string | null): void;
  historyFailed(error: unknown): void;
}

export type ActiveBundle = {
  readonly ruleSet: RuleSet;
  readonly acceptedAtWall: UnixMillis;
  readonly origin: string;
  readonly warnings: readonly Diagnostic[];
  readonly notices: readonly string[];
};

/** Why the files as they are now are not in force. */
export type Refusal = {
  readonly diagnostics: readonly Diagnostic[];
  /** As `authspike rules check` prints it. */
  readonly text: string;
  readonly sinceWall: UnixMillis;
};

export type LookResult = "unchanged" | "accepted" | "refused";

export class RuleKeeper {
  readonly #parts: RuleKeeperParts;
  #active: ActiveBundle | null = null;
  #refusal: Refusal | null = null;
  /** The texts that were last looked at, right or wrong: they are judged once. */
  #lastSeen = "";
  #cancel: (() => void) | null = null;
  #apply: ((ruleSet: RuleSet) => void) | null = null;

  constructor(parts: RuleKeeperParts) {
    this.#parts = parts;
  }

  get refusal(): Refusal | null {
    return this.#refusal;
  }

  /** Only after `load` has succeeded. */
  get active(): ActiveBundle {
    if (this.#active === null) throw new Error("no rules have been loaded");
    return this.#active;
  }

  /** The bundle to start with, or everything that is wrong when there never was a good one. */
  load(): { readonly kind: "loaded" } | { readonly kind: "none"; readonly refusal: Refusal } {
    const stored = this.#stored();
    const before = stored === null ? null : this.#parts.parse(stored.files);
    if (before?.kind === "ok" && stored !== null) {
      this.#active = activeBundle(before, { acceptedAtWall: stored.acceptedAtWall, origin: "store" });
    }
    this.look("start");
    if (this.#active !== null) return { kind: "loaded" };
    return { kind: "none", refusal: this.#refusal ?? refusalOf([], "no rules were found", this.#parts.nowWall()) };
  }

  /** From now on, changes are handed to `apply` within a second. */
  watch(apply: (ruleSet: RuleSet) => void): void {
    this.#apply = apply;
    this.#lookLater();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Reads the files now. What was already judged is not judged again, except on a person's request. */
  look(origin: "start" | "change" | "signal" | "api"): LookResult {
    const files = this.#readFiles();
    if (files === null) return "refused";
    const seen = JSON.stringify(files);
    if (origin === "change" && seen === this.#lastSeen) return "unchanged";
    this.#lastSeen = seen;
    const outcome = this.#parts.parse(files);
    if (outcome.kind === "invalid") return this.#refuse(refusalWith(outcome.diagnostics, files, this.#parts.nowWall()));
    this.#refusal = null;
    if (outcome.ruleSet.hash === this.#active?.ruleSet.hash) {
      // The texts are the same, yet what `${env:…}` stands for, or the warnings, may not be.
      this.#active = { ...activeBundle(outcome, this.#active), origin: this.#active.origin };
      this.#apply?.(outcome.ruleSet);
      return "unchanged";
    }
    this.#accept(activeBundle(outcome, { acceptedAtWall: this.#parts.nowWall(), origin }), files);
    return "accepted";
  }

  #accept(bundle: ActiveBundle, files: readonly SourceFile[]): void {
    const before = this.#active?.ruleSet;
    const changes = before === undefined ? [] : summarizeDiff(diffRuleSets(before, bundle.ruleSet));
    this.#active = bundle;
    this.#apply?.(bundle.ruleSet);
    const { acceptedAtWall, origin, ruleSet } = bundle;
    try {
      this.#parts.history.activate({ hash: ruleSet.hash, acceptedAtWall, origin, files, diff: changes.join("\n") });
    } catch (error) {
      // The rules are in force all the same; a restart with broken files would bring back older ones.
      this.#parts.observer.historyFailed(error);
    }
    this.#parts.observer.accepted(bundle, changes);
  }

  #refuse(refusal: Refusal): "refused" {
    this.#refusal = refusal;
    this.#parts.observer.refused(refusal, this.#active?.ruleSet.hash ?? null);
    return "refused";
  }

  /** null when the directory cannot be read, which is told once and then only when it changes. */
  #readFiles(): readonly SourceFile[] | null {
    try {
      return this.#parts.readFiles();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== this.#refusal?.text) this.#refuse(refusalOf([], message, this.#parts.nowWall()));
      this.#lastSeen = "";
      return null;
    }
  }

  #stored(): StoredBundle | null {
    try {
      return this.#parts.history.active();
    } catch (error) {
      this.#parts.observer.historyFailed(error);
      return null;
    }
  }

  #lookLater(): void {
    this.#cancel = this.#parts.schedule(LOOK_EVERY_MS, () => {
      this.look("change");
      this.#lookLater();
    });
  }
}

function activeBundle(
  outcome: Extract<RuleBundleOutcome, { kind: "ok" }>,
  { acceptedAtWall, origin }: Pick<ActiveBundle, "acceptedAtWall" | "origin">,
): ActiveBundle {
  const { ruleSet, warnings, notices } = outcome;
  return { ruleSet, warnings, notices, acceptedAtWall, origin };
}

function refusalWith(diagnostics: readonly Diagnostic[], files: readonly SourceFile[], sinceWall: UnixMillis): Refusal {
  return refusalOf(diagnostics, renderRuleDiagnostics(diagnostics, files).join("\n"), sinceWall);
}

function refusalOf(diagnostics: readonly Diagnostic[], text: string, sinceWall: UnixMillis): Refusal {
  return { diagnostics, text, sinceWall };
}
