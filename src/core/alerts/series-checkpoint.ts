/**
 * What series have learned, in the form that outlives the process.
 *
 * Those that have never failed are stored as the blocks of numbers that they are, with a list beside it of
 * whose they are. That changes rarely, and is left out while it does not. Any other series is stored by
 * itself; where it stands in a block as well, because its first failure was the last thing before a crash,
 * what is stored by itself counts.
 */

import type { SeriesSnapshot } from "../detection/snapshot.ts";
import type { EndpointNames } from "../extraction/endpoint.ts";
import { endpointNames } from "../extraction/endpoint.ts";
import type { EndpointTable, Standing } from "../extraction/endpoint-table.ts";
import type { Alert } from "./alert.ts";
import type { BlockCheckpoint } from "./block-checkpoint.ts";
import type { KnownClientsCheckpoint } from "./patterns/known-clients-generation.ts";
import type { SignInSnapshot } from "./takeover/sign-in-watch.ts";
import type { WatchedSeries } from "./watched-series.ts";

/** What one series has learned, with the names that find it again. */
export type SeriesCheckpoint = {
  readonly kind: "series";
  readonly ruleId: string;
  readonly per: readonly string[];
  readonly values: readonly string[];
  readonly endpoint: EndpointNames;
  readonly standing: Standing;
  readonly state: SeriesSnapshot;
  /** Of a rule about takeovers. */
  readonly signIns?: SignInSnapshot;
  /** What the open alert has seen since its last transition, with which it is on record. */
  readonly grown?: GrownAlert;
};

export type GrownAlert = Pick<Alert, "id" | "evidence">;

/** A series is forgotten. */
export type GoneCheckpoint = { readonly kind: "gone" } & Pick<SeriesCheckpoint, "ruleId" | "values">;

/** What an earlier run has left. */
export type StoredCheckpoint = SeriesCheckpoint | BlockCheckpoint | KnownClientsCheckpoint;

export type Checkpoint = StoredCheckpoint | GoneCheckpoint;

export function checkpointOf(
  { active: { rule, detector }, alert, values, endpoint, signIns, state }: WatchedSeries,
  endpoints: EndpointTable,
): SeriesCheckpoint {
  return {
    kind: "series",
    ruleId: rule.id,
    per: rule.per,
    values,
    endpoint: endpointNames(endpoint),
    standing: endpoints.standingOf(endpoint),
    state: detector.snapshot(state),
    ...(signIns === null ? {} : { signIns: signIns.snapshot() }),
    ...(alert?.state === "firing" ? { grown: { id: alert.id, evidence: alert.evidence } } : {}),
  };
}

/** The alert as it is on record, with what it has seen since. */
export function withGrowth(alert: Alert, grown: GrownAlert | undefined): Alert {
  // A checkpoint may be older than the last transition.
  if (grown === undefined || grown.evidence.failures < alert.evidence.failures) return alert;
  return { ...alert, evidence: grown.evidence };
}
