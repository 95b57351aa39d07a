/**
 * The series of endpoints, one for each rule that judges them: a row of numbers while it never fails.
 *
 * A million endpoints are a million series and more, nearly all of which only ever count successes. As
 * objects, with keys and maps, one took six hundred bytes; as rows it takes fifty. The rows of an
 * endpoint are chained, and the chain is as long as there are rules for the endpoint: a row is found
 * by two or three reads. A series that has failed keeps its row, which then says where its object is.
 */
import type { UnixMillis } from "../time.ts";
import { countFirstSuccesses, skipCounts } from "./quiet.ts";
import type { RowOwner } from "./row-block.ts";
import { BLOCK_ROWS, NONE, RowBlock } from "./row-block.ts";
import type { QuietCounts } from "./series.ts";
import { newCounts } from "./series.ts";

const FIRST_CAPACITY = 1024;

/** A block as it was stored: who owns each row, null where nobody does any more. */
export type StoredBlock = {
  readonly id: number;
  readonly numbers: Uint8Array;
  readonly owners: readonly (RowOwner | null)[];
};

export class SeriesRows {
  /** Rows that are taken. */
  count = 0;
  readonly #onChanged: (block: RowBlock) => void;
  readonly #blocks: RowBlock[] = [];
  readonly #freeRows: number[] = [];
  /** By endpoint: its first row plus one, 0 when it has none. */
  #heads = new Int32Array(FIRST_CAPACITY);
  #nextBlockId = 0;
  /** Used again for each success. */
  readonly #counts = newCounts(0);

  /** `onChanged` is told once of each block that changes, until its `isChanged` has been put back. */
  constructor(onChanged: (block: RowBlock) => void) {
    this.#onChanged = onChanged;
  }

  /** The row of a series, or NONE. */
  find(endpointId: number, ruleNumber: number): number {
    let row = this.#headOf(endpointId);
    while (row !== NONE) {
      const block = this.blockOf(row);
      if (block.ruleNumber(row % BLOCK_ROWS) === ruleNumber) return row;
      row = block.next(row % BLOCK_ROWS);
    }
    return NONE;
  }

  rowsOf(endpointId: number): readonly number[] {
    const rows: number[] = [];
    for (let row = this.#headOf(endpointId); row !== NONE; row = this.#nextOf(row)) rows.push(row);
    return rows;
  }

  /** All that are taken. */
  *rows(): Generator<number, void> {
    for (let row = 0; row < this.#blocks.length * BLOCK_ROWS; row++) {
      if (!this.blockOf(row).isFree(row % BLOCK_ROWS)) yield row;
    }
  }

  ownerOf(row: number): RowOwner {
    return this.blockOf(row).owner(row % BLOCK_ROWS);
  }

  countsOf(row: number): QuietCounts {
    const counts = newCounts(0);
    this.blockOf(row).read(row % BLOCK_ROWS, counts);
    return counts;
  }

  failedIndexOf(row: number): number {
    return this.blockOf(row).failedIndex(row % BLOCK_ROWS);
  }

  setFailed(row: number, failedIndex: number): void {
    const block = this.blockOf(row);
    block.setFailed(row % BLOCK_ROWS, failedIndex);
    this.#markChanged(block);
  }

  /** Only for an owner that has no row yet. */
  add(owner: RowOwner, now: UnixMillis): number {
    if (this.#freeRows.length === 0) this.#addBlock(new RowBlock(this.#nextBlockId), []);
    const row = this.#freeRows.pop() ?? NONE;
    const block = this.blockOf(row);
    block.write(row % BLOCK_ROWS, newCounts(now));
    this.#take(row, owner);
    this.#markNamesChanged(block);
    return row;
  }

  remove(row: number): void {
    const block = this.blockOf(row);
    this.#unchain(row);
    block.free(row % BLOCK_ROWS);
    this.#freeRows.push(row);
    this.count -= 1;
    this.#markNamesChanged(block);
  }

  /** Only for a series that has never failed. */
  countSuccess(row: number, weight: number, now: UnixMillis, memoryMs: number): void {
    const block = this.blockOf(row);
    const slot = row % BLOCK_ROWS;
    block.read(slot, this.#counts);
    countFirstSuccesses(this.#counts, weight, now, memoryMs);
    block.write(slot, this.#counts);
    this.#markChanged(block);
  }

  /** Goes on from a stored block. Time that passed while nobody was counting is not learned as silence. */
  restore({ id, numbers, owners }: StoredBlock, now: UnixMillis): void {
    const block = new RowBlock(id, numbers);
    const first = this.#blocks.length * BLOCK_ROWS;
    const kept = owners.map((owner, slot) => (block.hasCounts(slot) && this.#isNew(owner) ? owner : null));
    this.#addBlock(block, kept);
    for (const [slot, owner] of kept.entries()) {
      if (owner === null) continue;
      this.#take(first + slot, owner);
      block.read(slot, this.#counts);
      if (skipCounts(this.#counts, now)) block.write(slot, this.#counts);
    }
    if (kept.some((owner, slot) => owner !== owners[slot])) this.#markNamesChanged(block);
  }

  blockOf(row: number): RowBlock {
    const block = this.#blocks[Math.floor(row / BLOCK_ROWS)];
    if (block === undefined) throw new Error(`there is no row ${row}`);
    return block;
  }

  #isNew(owner: RowOwner | null | undefined): boolean {
    return owner != null && this.find(owner.endpointId, owner.ruleNumber) === NONE;
  }

  #headOf(endpointId: number): number {
    return endpointId < this.#heads.length ? (this.#heads[endpointId] ?? 0) - 1 : NONE;
  }

  #nextOf(row: number): number {
    return this.blockOf(row).next(row % BLOCK_ROWS);
  }

  /** Rows without an owner are given away in rising order. */
  #addBlock(block: RowBlock, owners: readonly (RowOwner | null)[]): void {
    const first = this.#blocks.push(block) * BLOCK_ROWS - BLOCK_ROWS;
    for (let slot = BLOCK_ROWS - 1; slot >= 0; slot--) {
      if (owners[slot] == null) this.#freeRows.push(first + slot);
    }
    this.#nextBlockId = Math.max(this.#nextBlockId, block.id + 1);
  }

  /** At the end of its endpoint's chain: rules find theirs in the order in which they ask. */
  #take(row: number, owner: RowOwner): void {
    this.blockOf(row).take(row % BLOCK_ROWS, owner);
    this.count += 1;
    const last = this.rowsOf(owner.endpointId).at(-1);
    if (last === undefined) this.#setHead(owner.endpointId, row);
    else this.blockOf(last).setNext(last % BLOCK_ROWS, row);
  }

  #unchain(row: number): void {
    const { endpointId } = this.ownerOf(row);
    const chain = this.rowsOf(endpointId);
    const before = chain[chain.indexOf(row) - 1];
    if (before === undefined) this.#setHead(endpointId, this.#nextOf(row));
    else this.blockOf(before).setNext(before % BLOCK_ROWS, this.#nextOf(row));
  }

  #setHead(endpointId: number, row: number): void {
    while (endpointId >= this.#heads.length) {
      const longer = new Int32Array(this.#heads.length * 2);
      longer.set(this.#heads);
      this.#heads = longer;
    }
    this.#heads[endpointId] = row + 1;
  }

  #markNamesChanged(block: RowBlock): void {
    block.areNamesChanged = true;
    this.#markChanged(block);
  }

  #markChanged(block: RowBlock): void {
    if (block.isChanged) return;
    block.isChanged = true;
    this.#onChanged(block);
  }
}
