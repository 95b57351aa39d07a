/**
 * What is remembered of each of a few dozen clients, in one buffer: 29 bytes a client.
 *
 * As lists of numbers they took 70 bytes each and were half of what a busy series takes. Each kind of number
 * has its column, so that looking for a client reads what fits into a few cache lines. Times are whole
 * milliseconds, rounded up; what fades has the seven digits of a short float. The buffer doubles as it fills.
 */
import type { UnixMillis } from "../time.ts";
import { clamp } from "./odds.ts";

export const NO_PLACE = -1;

/** A client as plain numbers, in this order. */
export type StoredClient = readonly [
  client: number,
  failedAt: UnixMillis,
  tally: number,
  repeats: number,
  persistence: number,
  owed: number,
  eventMs: number,
  parallel: number,
];

/** How many bytes of each place stand before a column. */
const LOW = 0;
const HIGH = 4;
const FAILED_AT = 8;
const TALLY = 12;
const REPEATS = 16;
const PERSISTENCE = 20;
const OWED = 24;
const EVENT_MS = 26;
const PARALLEL = 28;
const RECORD_BYTES = 29;

const FIRST_CAPACITY = 4;
const TWO_TO_32 = 2 ** 32;
const MILLISECONDS_MAX = TWO_TO_32 - 1;
/** So much of the past is kept when times no longer fit. */
const KEPT_MS = 2 ** 31;
const SHORT_MAX = 2 ** 16 - 1;
/** A debt has steps of a thousandth; the highest number stands for one that is spent. */
const OWED_STEPS = 1024;
const OWED_SPENT = SHORT_MAX;
export const SPENT = -1;

export class ClientRecords {
  #view = new DataView(new ArrayBuffer(0));
  #capacity = 0;
  #size = 0;
  /** What times count from. */
  #since: UnixMillis = 0;

  constructor(stored: readonly StoredClient[] = []) {
    for (const client of stored) this.#restore(client);
  }

  get size(): number {
    return this.#size;
  }

  find(client: number): number {
    const low = client >>> 0;
    const high = Math.floor(client / TWO_TO_32);
    for (let place = 0; place < this.#size; place++) {
      if (this.#view.getUint32(this.#at(LOW, 4, place)) !== low) continue;
      if (this.#view.getUint32(this.#at(HIGH, 4, place)) === high) return place;
    }
    return NO_PLACE;
  }

  /** A place of its own for one that has none. */
  add(client: number, now: UnixMillis): number {
    if (this.#size === this.#capacity) this.#grow();
    if (this.#size === 0) this.#since = Math.floor(now);
    this.#size += 1;
    this.replace(this.#size - 1, client, now);
    return this.#size - 1;
  }

  /** Forgets who had the place. */
  replace(place: number, client: number, now: UnixMillis): void {
    this.#view.setUint32(this.#at(LOW, 4, place), client >>> 0);
    this.#view.setUint32(this.#at(HIGH, 4, place), Math.floor(client / TWO_TO_32));
    this.setTally(place, 0);
    this.setRepeats(place, 0);
    this.setPersistence(place, 0);
    this.setOwed(place, 0);
    this.setEvent(place, { eventMs: 0, parallel: 0 });
    this.setFailedAt(place, now);
  }

  clear(): void {
    this.#size = 0;
    this.#capacity = 0;
    this.#view = new DataView(new ArrayBuffer(0));
  }

  clientAt(place: number): number {
    const high = this.#view.getUint32(this.#at(HIGH, 4, place));
    return high * TWO_TO_32 + this.#view.getUint32(this.#at(LOW, 4, place));
  }

  failedAt(place: number): UnixMillis {
    return this.#since + this.#view.getUint32(this.#at(FAILED_AT, 4, place));
  }

  setFailedAt(place: number, now: UnixMillis): void {
    if (now < this.#since) this.#moveSince(Math.floor(now));
    if (now - this.#since > MILLISECONDS_MAX) this.#moveSince(Math.floor(now) - KEPT_MS);
    this.#view.setUint32(this.#at(FAILED_AT, 4, place), Math.ceil(now - this.#since));
  }

  tally(place: number): number {
    return this.#view.getUint32(this.#at(TALLY, 4, place));
  }

  setTally(place: number, tally: number): void {
    this.#view.setUint32(this.#at(TALLY, 4, place), tally);
  }

  repeats(place: number): number {
    return this.#view.getFloat32(this.#at(REPEATS, 4, place));
  }

  setRepeats(place: number, repeats: number): void {
    this.#view.setFloat32(this.#at(REPEATS, 4, place), repeats);
  }

  persistence(place: number): number {
    return this.#view.getFloat32(this.#at(PERSISTENCE, 4, place));
  }

  setPersistence(place: number, persistence: number): void {
    this.#view.setFloat32(this.#at(PERSISTENCE, 4, place), persistence);
  }

  owed(place: number): number {
    const steps = this.#view.getUint16(this.#at(OWED, 2, place));
    return steps === OWED_SPENT ? SPENT : steps / OWED_STEPS;
  }

  setOwed(place: number, owed: number): void {
    const steps = owed === SPENT ? OWED_SPENT : Math.min(OWED_SPENT - 1, Math.round(owed * OWED_STEPS));
    this.#view.setUint16(this.#at(OWED, 2, place), steps);
  }

  /** How long before `failedAt` the present event of parallel failures began, at most a minute. */
  eventMs(place: number): number {
    return this.#view.getUint16(this.#at(EVENT_MS, 2, place));
  }

  parallel(place: number): number {
    return this.#view.getUint8(this.#at(PARALLEL, 1, place));
  }

  setEvent(place: number, event: { readonly eventMs: number; readonly parallel: number }): void {
    this.#view.setUint16(this.#at(EVENT_MS, 2, place), Math.min(SHORT_MAX, event.eventMs));
    this.#view.setUint8(this.#at(PARALLEL, 1, place), event.parallel);
  }

  copy(): ClientRecords {
    const copy = new ClientRecords();
    copy.#view = new DataView(this.#view.buffer.slice());
    copy.#capacity = this.#capacity;
    copy.#size = this.#size;
    copy.#since = this.#since;
    return copy;
  }

  /** For a checkpoint. */
  stored(): readonly StoredClient[] {
    return Array.from({ length: this.#size }, (_, place) => [
      this.clientAt(place),
      this.failedAt(place),
      this.tally(place),
      this.repeats(place),
      this.persistence(place),
      this.owed(place),
      this.eventMs(place),
      this.parallel(place),
    ]);
  }

  #restore([client, failedAt, tally, repeats, persistence, owed, eventMs, parallel]: StoredClient): void {
    const place = this.add(client, failedAt);
    this.setTally(place, tally);
    this.setRepeats(place, repeats);
    this.setPersistence(place, persistence);
    this.setOwed(place, owed);
    this.setEvent(place, { eventMs, parallel });
  }

  /** Where the column's number for the place stands. */
  #at(column: number, width: number, place: number): number {
    return column * this.#capacity + width * place;
  }

  #grow(): void {
    const stored = this.stored();
    this.#capacity = Math.max(FIRST_CAPACITY, 2 * this.#capacity);
    this.#view = new DataView(new ArrayBuffer(RECORD_BYTES * this.#capacity));
    this.#size = 0;
    for (const client of stored) this.#restore(client);
  }

  /** What no longer fits counts as less old, or less young. */
  #moveSince(since: UnixMillis): void {
    for (let place = 0; place < this.#size; place++) {
      const failedAt = clamp(this.failedAt(place) - since, 0, MILLISECONDS_MAX);
      this.#view.setUint32(this.#at(FAILED_AT, 4, place), failedAt);
    }
    this.#since = since;
  }
}
