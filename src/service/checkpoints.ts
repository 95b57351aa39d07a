/**
 * Carries what the engine has learned to the store and back.
 *
 * A snapshot is written as JSON: it can be read by a person who wonders, and a later version can tell
 * that it does not understand it. A series whose rule is gone, or groups by other fields, is dropped.
 */
import type { Engine, SeriesCheckpoint } from "../core/engine.ts";
import type { EndpointNames } from "../core/extraction/endpoint.ts";
import type { Instant } from "../core/time.ts";

export type StoredCheckpoint = {
  readonly key: string;
  readonly endpoint: EndpointNames;
  readonly snapshot: Uint8Array;
};

export interface CheckpointStore {
  save(changes: { readonly changed: Iterable<StoredCheckpoint>; readonly removedKeys?: Iterable<string> }): void;
  restore(): Iterable<StoredCheckpoint>;
}

/** One transaction holds at most this many series, so that a page never waits long behind it. */
const BATCH_MAX = 2_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes what has changed since the last call. What the store refuses is handed out again next time. */
export function saveCheckpoints(store: CheckpointStore, engine: Engine): void {
  for (let batch = engine.checkpoint(BATCH_MAX); batch.length > 0; batch = engine.checkpoint(BATCH_MAX)) {
    try {
      store.save({ changed: batch.map(toStored) });
    } catch (error) {
      engine.takeBack(batch);
      throw error;
    }
    if (batch.length < BATCH_MAX) return;
  }
}

export function restoreCheckpoints(store: CheckpointStore, engine: Engine, now: Instant): void {
  const removedKeys: string[] = [];
  for (const stored of store.restore()) {
    if (engine.restoreSeries(fromStored(stored), now) === "rule_gone") removedKeys.push(stored.key);
  }
  if (removedKeys.length > 0) store.save({ changed: [], removedKeys });
}

/** The key says all that names the series, in the order `ruleId`, `per`, `values`. */
function toStored({ ruleId, per, values, endpoint, state }: SeriesCheckpoint): StoredCheckpoint {
  return {
    key: JSON.stringify([ruleId, per, values]),
    endpoint,
    snapshot: encoder.encode(JSON.stringify(state)),
  };
}

function fromStored({ key, endpoint, snapshot }: StoredCheckpoint): SeriesCheckpoint {
  const [ruleId, per, values] = JSON.parse(key) as [string, string[], string[]];
  return { ruleId, per, values, endpoint, state: JSON.parse(decoder.decode(snapshot)) as SeriesCheckpoint["state"] };
}
