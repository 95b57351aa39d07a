/**
 * A few hundred series as columns of numbers: whose they are, and what they count while they never fail.
 *
 * The counts of a series lie together in half a cache line, in a buffer that checkpoints store as it is.
 * They have the seven digits of a short float: they are averages, and whole numbers up to sixteen
 * million within one stretch of learning.
 */
import type { QuietCounts } from "./series.ts";

/** Rows in a block. Fewer would make checkpoints of a million series slow, more make those of one series large. */
export const BLOCK_ROWS = 512;
/** Ends a chain of rows; no endpoint, no rule, no object. */
export const NONE = -1;

const ROW_BYTES = 32;
const TIMES_PER_ROW = ROW_BYTES / 8;
const COUNTS_PER_ROW = ROW_BYTES / 4;
// Places in a row: two long floats, then short ones.
const CREATED_AT = 0;
const QUIET_SINCE = 1;
const QUIET_SUCCESSES = 4;
const REQUESTS_PER_SECOND = 5;
const SUCCESSES = 6;
const SUCCESS_WEIGHT = 7;

const OWNERS_PER_ROW = 4;
const ENDPOINT = 0;
const RULE = 1;
const NEXT = 2;
const FAILED = 3;

export type RowOwner = { readonly endpointId: number; readonly ruleNumber: number };

export class RowBlock {
  /** Names the block where it is stored. */
  readonly id: number;
  /** Something was counted, or rows came or went, since the last checkpoint. */
  isChanged = false;
  /** Rows came or went since the names were last handed out. */
  areNamesChanged = false;
  readonly #times: Float64Array;
  readonly #counts: Float32Array;
  readonly #owners = new Int32Array(BLOCK_ROWS * OWNERS_PER_ROW).fill(NONE);

  /** `numbers` are those of an earlier block. */
  constructor(id: number, numbers: Uint8Array = new Uint8Array(BLOCK_ROWS * ROW_BYTES)) {
    this.id = id;
    // In a buffer of its own, because columns have to begin at multiples of their size.
    const buffer = new Uint8Array(BLOCK_ROWS * ROW_BYTES);
    buffer.set(numbers.subarray(0, buffer.length));
    this.#times = new Float64Array(buffer.buffer);
    this.#counts = new Float32Array(buffer.buffer);
  }

  /** As they are now and, the same array, as they will be: whoever wants to keep them copies them. */
  get numbers(): Uint8Array {
    return new Uint8Array(this.#counts.buffer);
  }

  isFree(slot: number): boolean {
    return this.ruleNumber(slot) === NONE;
  }

  owner(slot: number): RowOwner {
    return {
      endpointId: this.#owners[slot * OWNERS_PER_ROW + ENDPOINT] ?? NONE,
      ruleNumber: this.ruleNumber(slot),
    };
  }

  ruleNumber(slot: number): number {
    return this.#owners[slot * OWNERS_PER_ROW + RULE] ?? NONE;
  }

  /** The next row of the same endpoint. */
  next(slot: number): number {
    return this.#owners[slot * OWNERS_PER_ROW + NEXT] ?? NONE;
  }

  setNext(slot: number, row: number): void {
    this.#owners[slot * OWNERS_PER_ROW + NEXT] = row;
  }

  /** Where the object is that a series has once it has failed; NONE until then. */
  failedIndex(slot: number): number {
    return this.#owners[slot * OWNERS_PER_ROW + FAILED] ?? NONE;
  }

  /** From here on the series is an object, and its numbers here mean nothing. */
  setFailed(slot: number, failedIndex: number): void {
    this.#owners[slot * OWNERS_PER_ROW + FAILED] = failedIndex;
    this.#times[slot * TIMES_PER_ROW + CREATED_AT] = Number.NaN;
  }

  take(slot: number, { endpointId, ruleNumber }: RowOwner): void {
    this.#owners[slot * OWNERS_PER_ROW + ENDPOINT] = endpointId;
    this.#owners[slot * OWNERS_PER_ROW + RULE] = ruleNumber;
  }

  free(slot: number): void {
    this.#owners.fill(NONE, slot * OWNERS_PER_ROW, (slot + 1) * OWNERS_PER_ROW);
  }

  /** False for the numbers of a series that had failed when they were stored. */
  hasCounts(slot: number): boolean {
    return !Number.isNaN(this.#times[slot * TIMES_PER_ROW + CREATED_AT]);
  }

  read(slot: number, counts: QuietCounts): void {
    const time = slot * TIMES_PER_ROW;
    const count = slot * COUNTS_PER_ROW;
    counts.createdAt = this.#times[time + CREATED_AT] ?? 0;
    counts.quietSince = this.#times[time + QUIET_SINCE] ?? 0;
    counts.quietSuccesses = this.#counts[count + QUIET_SUCCESSES] ?? 0;
    counts.requestsPerSecond = this.#counts[count + REQUESTS_PER_SECOND] ?? 0;
    counts.successes = this.#counts[count + SUCCESSES] ?? 0;
    counts.successWeight = this.#counts[count + SUCCESS_WEIGHT] ?? 0;
  }

  write(slot: number, counts: Readonly<QuietCounts>): void {
    const time = slot * TIMES_PER_ROW;
    const count = slot * COUNTS_PER_ROW;
    this.#times[time + CREATED_AT] = counts.createdAt;
    this.#times[time + QUIET_SINCE] = counts.quietSince;
    this.#counts[count + QUIET_SUCCESSES] = counts.quietSuccesses;
    this.#counts[count + REQUESTS_PER_SECOND] = counts.requestsPerSecond;
    this.#counts[count + SUCCESSES] = counts.successes;
    this.#counts[count + SUCCESS_WEIGHT] = counts.successWeight;
  }
}
