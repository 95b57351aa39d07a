/**
 * Tells lasting trouble from a hiccup: a disk that is full for a moment wakes nobody.
 *
 * Whoever has trouble says so as often as it likes; after half a minute without a word that it is over
 * the trouble lasts, and its end is told once.
 */
import type { UnixMillis } from "../core/time.ts";
import { SECOND_MS } from "../core/time.ts";
import type { Schedule } from "./schedule.ts";

const LASTING_AFTER_MS = 30 * SECOND_MS;

export interface TroubleObserver<Name extends string> {
  lasts(name: Name, since: UnixMillis): void;
  isOver(name: Name): void;
}

type Trouble = { readonly since: UnixMillis; readonly cancel: () => void; isTold: boolean };

export class LastingTrouble<Name extends string> {
  readonly #schedule: Schedule;
  readonly #now: () => UnixMillis;
  readonly #present = new Map<Name, Trouble>();
  #observer: TroubleObserver<Name> | null = null;

  constructor(schedule: Schedule, now: () => UnixMillis) {
    this.#schedule = schedule;
    this.#now = now;
  }

  /** Told from now on, of what lasts already too. */
  observe(observer: TroubleObserver<Name>): void {
    this.#observer = observer;
    for (const [name, trouble] of this.#present) if (trouble.isTold) observer.lasts(name, trouble.since);
  }

  begins(name: Name): void {
    if (this.#present.has(name)) return;
    const cancel = this.#schedule(LASTING_AFTER_MS, () => this.#tell(name));
    this.#present.set(name, { since: this.#now(), cancel, isTold: false });
  }

  ends(name: Name): void {
    const trouble = this.#present.get(name);
    if (trouble === undefined) return;
    this.#present.delete(name);
    trouble.cancel();
    if (trouble.isTold) this.#observer?.isOver(name);
  }

  #tell(name: Name): void {
    const trouble = this.#present.get(name);
    if (trouble === undefined) return;
    trouble.isTold = true;
    this.#observer?.lasts(name, trouble.since);
  }
}
