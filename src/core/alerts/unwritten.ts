/**
 * What has been learned and nobody has written down yet.
 *
 * Each change puts a series, the block it is in, or a page of known clients, at the end of the line unless it waits there already;
 * checkpoints are handed out from the front.
 */
import { RowBlock } from "../detection/row-block.ts";
import type { BlockContext } from "./block-checkpoint.ts";
import { blockCheckpointOf } from "./block-checkpoint.ts";
import { KnownClientsPage } from "./patterns/known-clients-generation.ts";
import type { Checkpoint, GoneCheckpoint } from "./series-checkpoint.ts";
import { checkpointOf } from "./series-checkpoint.ts";
import type { WatchedSeries } from "./watched-series.ts";

type Source = WatchedSeries | RowBlock | KnownClientsPage;

/** Beyond it a series that is gone stays in the store, and is there to be forgotten again after a restart. */
const GONE_MAX = 100_000;

export class Unwritten {
  readonly #context: BlockContext;
  readonly #changed = new Set<Source>();
  /** Those whose alert has changed since the last `takeAlerted`. */
  readonly #alerted = new Set<WatchedSeries>();
  /** Of what was handed out, for as long as somebody has it. */
  readonly #sources = new WeakMap<Checkpoint, Source>();
  #gone: GoneCheckpoint[] = [];

  constructor(context: BlockContext) {
    this.#context = context;
  }

  /** Checkpoints that are due. */
  get count(): number {
    return this.#changed.size + this.#gone.length;
  }

  markChanged(series: WatchedSeries): void {
    if (series.isChanged) return;
    series.isChanged = true;
    this.#changed.add(series);
  }

  addBlock(block: RowBlock): void {
    this.#changed.add(block);
  }

  addPage(page: KnownClientsPage): void {
    this.#changed.add(page);
  }

  markAlerted(series: WatchedSeries): void {
    this.#alerted.add(series);
  }

  /** A series is dropped. */
  forget(series: WatchedSeries): void {
    this.#changed.delete(series);
    this.#alerted.delete(series);
    const { active, values } = series;
    if (this.#gone.length < GONE_MAX) this.#gone.push({ kind: "gone", ruleId: active.rule.id, values });
  }

  /** About as much as `limit` series are to write, and at most as many; the longest unwritten first. */
  take(limit: number): readonly Checkpoint[] {
    const checkpoints: Checkpoint[] = this.#gone.slice(0, limit);
    this.#gone = this.#gone.slice(limit);
    let taken = checkpoints.length;
    for (const changed of this.#changed) {
      if (taken >= limit) break;
      taken += weightOf(changed);
      checkpoints.push(this.#take(changed));
    }
    return checkpoints;
  }

  /** All series whose alerts have changed since the last call. */
  takeAlerted(): readonly Checkpoint[] {
    const checkpoints = [...this.#alerted].map((series) => this.#takeSeries(series));
    this.#alerted.clear();
    return checkpoints;
  }

  /** Puts back what could not be written. */
  takeBack(checkpoints: readonly Checkpoint[]): void {
    for (const checkpoint of checkpoints) {
      const source = this.#sources.get(checkpoint);
      if (checkpoint.kind === "gone") this.#gone.push(checkpoint);
      if (source === undefined) continue;
      source.isChanged = true;
      this.#changed.add(source);
      if (checkpoint.kind === "block" && source instanceof RowBlock)
        source.areNamesChanged ||= checkpoint.names !== null;
    }
  }

  #take(changed: Source): Checkpoint {
    if (changed instanceof RowBlock) return this.#takeBlock(changed);
    return changed instanceof KnownClientsPage ? this.#takePage(changed) : this.#takeSeries(changed);
  }

  #takeSeries(series: WatchedSeries): Checkpoint {
    this.#changed.delete(series);
    series.isChanged = false;
    const checkpoint = checkpointOf(series, this.#context.endpoints);
    this.#sources.set(checkpoint, series);
    return checkpoint;
  }

  #takeBlock(block: RowBlock): Checkpoint {
    this.#changed.delete(block);
    const checkpoint = blockCheckpointOf(block, this.#context);
    block.isChanged = false;
    block.areNamesChanged = false;
    this.#sources.set(checkpoint, block);
    return checkpoint;
  }

  #takePage(page: KnownClientsPage): Checkpoint {
    this.#changed.delete(page);
    page.isChanged = false;
    const checkpoint = page.checkpoint();
    this.#sources.set(checkpoint, page);
    return checkpoint;
  }
}

/** How many series take as long to write: 50 us each while they are watched. */
function weightOf(changed: Source): number {
  if (!(changed instanceof RowBlock)) return 1;
  return changed.areNamesChanged ? 8 : 2;
}
