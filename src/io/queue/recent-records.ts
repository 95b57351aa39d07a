/**
 * The newest records of one signal, in memory: readers that keep up never touch the disk, and without
 * a disk this is the queue itself.
 */
import type { QueueRecord } from "./segment.ts";

export class RecentRecords {
  #entries: RecentRecord[] = [];
  /** Entries before it were taken out; cutting the array at every removal would copy it each time. */
  #head = 0;
  #bytesEver = 0;

  get bytes(): number {
    return this.#bytesEver - (this.#entries[this.#head]?.bytesBefore ?? this.#bytesEver);
  }

  get first(): QueueRecord | undefined {
    return this.#entries[this.#head]?.record;
  }

  add(record: QueueRecord): void {
    this.#entries.push({ record, bytesBefore: this.#bytesEver });
    this.#bytesEver += record.bytes.length;
  }

  removeFirst(): QueueRecord | undefined {
    const first = this.first;
    if (first === undefined) return undefined;
    this.#head++;
    this.#compact();
    return first;
  }

  removeBefore(offset: number): void {
    while ((this.first?.offset ?? Number.POSITIVE_INFINITY) < offset) this.#head++;
    this.#compact();
  }

  /** The first record at or after the offset. */
  firstFrom(offset: number): QueueRecord | undefined {
    return this.#entries[this.#indexOf(offset)]?.record;
  }

  /** Records at or after the offset, until their payloads reach the size. */
  someFrom(offset: number, maxBytes: number): readonly QueueRecord[] {
    const records: QueueRecord[] = [];
    let bytes = 0;
    for (let index = this.#indexOf(offset); index < this.#entries.length && bytes < maxBytes; index++) {
      const record = this.#entries[index]?.record;
      if (record === undefined) break;
      records.push(record);
      bytes += record.bytes.length;
    }
    return records;
  }

  /** How many bytes lie at or after the offset. */
  bytesFrom(offset: number): number {
    return this.#bytesEver - (this.#entries[this.#indexOf(offset)]?.bytesBefore ?? this.#bytesEver);
  }

  #indexOf(offset: number): number {
    let low = this.#head;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.record.offset ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compact(): void {
    if (this.#head === this.#entries.length) this.#entries = [];
    else if (this.#head > 1024 && this.#head * 2 > this.#entries.length)
      this.#entries = this.#entries.slice(this.#head);
    else return;
    this.#head = 0;
  }
}

type RecentRecord = {
  readonly record: QueueRecord;
  /** Payload bytes of all records ever added before it. */
  readonly bytesBefore: number;
};
