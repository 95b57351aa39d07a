/**
 * Remembers which clients have lately succeeded on which endpoint: an attack comes from clients that never
 * have, a fault of our own hits those that always do.
 *
 * Two generations of bits, the younger one written, both asked. A generation ends after six hours, or when it
 * is full: then memory is shorter, never larger. The first generation of an installation begins with an empty
 * memory, and `isRipe` says when what it knows is worth something; a restart goes on from the last checkpoint.
 * That is why endpoints are told apart by the hashes of their names, which outlive the process.
 */
import type { UnixMillis } from "../../time.ts";
import { HOUR_MS, MINUTE_MS } from "../../time.ts";
import type { KnownClientsCheckpoint, KnownClientsPage } from "./known-clients-generation.ts";
import { isReadable, KnownClientsGeneration } from "./known-clients-generation.ts";
import { mixClient } from "./mix.ts";

const GENERATION_MS = 6 * HOUR_MS;
const RIPE_AFTER_MS = 10 * MINUTE_MS;

export class KnownClients {
  readonly #onPageChanged: (page: KnownClientsPage) => void;
  #younger: KnownClientsGeneration | null = null;
  #older: KnownClientsGeneration | null = null;

  constructor(onPageChanged: (page: KnownClientsPage) => void = () => {}) {
    this.#onPageChanged = onPageChanged;
  }

  /** Runs for every success. */
  noteSuccess(client: number, endpointHash: number, now: UnixMillis): void {
    if (client === 0) return;
    const page = this.#youngerAt(now).add(mixClient(client, endpointHash));
    if (page === undefined || page.isChanged) return;
    page.isChanged = true;
    this.#onPageChanged(page);
  }

  has(client: number, endpointHash: number): boolean {
    const hash = mixClient(client, endpointHash);
    return (this.#younger?.has(hash) ?? false) || (this.#older?.has(hash) ?? false);
  }

  /** Whether a client it does not know may be called new. */
  isRipe(now: UnixMillis): boolean {
    const first = this.#older ?? this.#younger;
    return first !== null && now - first.startedAt >= RIPE_AFTER_MS;
  }

  /** Goes on from what an earlier run has seen, in whatever order its pages come; what would be forgotten by now is left out. */
  restore(checkpoint: KnownClientsCheckpoint, now: UnixMillis): void {
    if (!isReadable(checkpoint) || now - checkpoint.startedAt > 2 * GENERATION_MS) return;
    this.#generationOf(checkpoint)?.restore(checkpoint);
  }

  #youngerAt(now: UnixMillis): KnownClientsGeneration {
    const younger = this.#younger;
    if (younger !== null && now - younger.startedAt <= GENERATION_MS && !younger.isFull) return younger;
    const next = new KnownClientsGeneration({ number: (younger?.number ?? 0) + 1, startedAt: now });
    this.#older = younger;
    this.#younger = next;
    return next;
  }

  /** Undefined for one that had ended when the younger of those that are known began. */
  #generationOf(stored: KnownClientsCheckpoint): KnownClientsGeneration | undefined {
    const facts = { number: stored.generation, startedAt: stored.startedAt };
    const youngest = this.#younger?.number ?? 0;
    if (facts.number > youngest) {
      this.#older = facts.number === youngest + 1 ? this.#younger : null;
      this.#younger = new KnownClientsGeneration(facts);
    } else if (facts.number === youngest - 1) this.#older ??= new KnownClientsGeneration(facts);
    return [this.#younger, this.#older].find((known) => known?.number === facts.number) ?? undefined;
  }
}
