/** Who has failed at a sign-in within the hour, as clients or as sessions, and whose successes most are. */
import type { ClientVotes } from "../../detection/client-votes.ts";
import { createClientVotes } from "../../detection/client-votes.ts";
import type { UnixMillis } from "../../time.ts";
import { HOUR_MS } from "../../time.ts";
import type { TableBounds } from "../failure-table.ts";
import { FailureTable } from "../failure-table.ts";
import type { FailingClient } from "./failing-client.ts";
import { newFailingClient } from "./failing-client.ts";

export type Visitors = { readonly failing: FailureTable<FailingClient>; readonly successVotes: ClientVotes };

/** As plain data. */
export type StoredVisitors = { readonly failing: readonly FailingClient[]; readonly successVotes: ClientVotes };

const BOUNDS: TableBounds = { entriesMax: 128, memoryMs: HOUR_MS };

export function noVisitors(): StoredVisitors {
  return { failing: [], successVotes: createClientVotes() };
}

export function restoredVisitors({ failing, successVotes }: StoredVisitors): Visitors {
  return { failing: new FailureTable(BOUNDS, structuredClone(failing)), successVotes: { ...successVotes } };
}

export function storedVisitors({ failing, successVotes }: Visitors): StoredVisitors {
  return { failing: structuredClone(failing.entries()), successVotes: { ...successVotes } };
}

/** One that fails for the first time. */
export function addVisitor(
  { failing }: Visitors,
  id: number,
  facts: Pick<FailingClient, "isStranger" | "before">,
  now: UnixMillis,
): FailingClient {
  const newcomer = newFailingClient(id, facts, now);
  failing.add(newcomer, now);
  return newcomer;
}
