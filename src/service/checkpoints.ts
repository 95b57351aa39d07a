/**
 * Carries what the engine has learned to the store and back.
 */
import type { Checkpoint, Engine, StoredCheckpoint } from "../core/engine.ts";
import type { Instant, UnixMillis } from "../core/time.ts";

export interface CheckpointStore {
  save(checkpoints: Iterable<Checkpoint>, now: UnixMillis): void;
  remove(checkpoints: Iterable<StoredCheckpoint>): void;
  /** Blocks come before single series. */
  restore(): Iterable<StoredCheckpoint>;
}

/** One transaction holds at most this many, so that a page never waits long behind it. */
const BATCH_MAX = 2_000;

/** Writes what has changed since the last call. What the store refuses is handed out again next time. */
export function saveCheckpoints(store: CheckpointStore, engine: Engine, now: Instant): void {
  for (let batch = engine.checkpoint(BATCH_MAX); batch.length > 0; batch = engine.checkpoint(BATCH_MAX)) {
    try {
      store.save(batch, now.steady);
    } catch (error) {
      engine.takeBack(batch);
      throw error;
    }
  }
}

/** A series whose rule is gone, or groups by other fields by now, is forgotten. */
export function restoreCheckpoints(store: CheckpointStore, engine: Engine, now: Instant): void {
  const ruleless: StoredCheckpoint[] = [];
  for (const checkpoint of store.restore()) {
    if (engine.restore(checkpoint, now) === "rule_gone") ruleless.push(checkpoint);
  }
  if (ruleless.length > 0) store.remove(ruleless);
}
