/** What takes part in the benchmark: it sees each request once, in order, and says when it pages. */
import type { UnixMillis } from "../../../src/core/time.ts";
import type { BenchRequest } from "./request.ts";
import type { Scenario } from "./scenario.ts";

export type Page = {
  /** See `endpointKey`. */
  readonly endpoint: string;
  /** Pages of one group that overlap in time are one page: the incident is open already. */
  readonly group: string;
  readonly firedAt: UnixMillis;
  /** Null when it was still open a day after the last request. */
  readonly resolvedAt: UnixMillis | null;
};

export interface Contestant {
  observe(request: BenchRequest): void;
  /** No more requests: time goes on until everything that is open has had a chance to close. */
  finish(): readonly Page[];
}

/** A fresh one for each scenario. Only the CUSUM that knows the truth looks at the scenario. */
export type Entrant = { readonly name: string; readonly enter: (scenario: Scenario) => Contestant };
