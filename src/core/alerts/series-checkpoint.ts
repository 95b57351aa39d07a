/** What a series has learned, in the form that outlives the process. */
import type { SeriesSnapshot } from "../detection/snapshot.ts";
import type { EndpointNames } from "../extraction/endpoint.ts";
import type { WatchedSeries } from "./watch-table.ts";

/** What one series has learned, with the names that find it again. */
export type SeriesCheckpoint = {
  readonly ruleId: string;
  readonly per: readonly string[];
  readonly values: readonly string[];
  readonly endpoint: EndpointNames;
  readonly state: SeriesSnapshot;
};

export function checkpointOf({ active: { rule, detector }, values, endpoint, state }: WatchedSeries): SeriesCheckpoint {
  return { ruleId: rule.id, per: rule.per, values, endpoint, state: detector.snapshot(state) };
}
