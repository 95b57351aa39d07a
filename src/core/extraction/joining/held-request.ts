/**
 * A request that waits for further spans: first for the rest of their batch, and where its service is
 * known to nest, for the batches of the next moments.
 *
 * Its spans leave with their batches. What they are marked with is decided when their batch has been
 * read, so that it depends on the spans and not on their order within it.
 */
import { NO_PLACE } from "../../otlp/span-edits.ts";
import type { UnixMillis } from "../../time.ts";
import type { Observation } from "../observation.ts";
import type { ServiceScope } from "../service-table.ts";
import { JoinedRequest } from "./joined-request.ts";
import type { RequestPart } from "./request-part.ts";
import { revisedPart } from "./request-part.ts";

/** What one span is to be marked with, and where. */
export type PartMarks = Pick<Observation, "cause" | "endpoint" | "outcome"> & {
  readonly editPlace: number;
  readonly isCounted: boolean;
};

export type Parts = readonly [RequestPart, ...RequestPart[]];

export class HeldRequest {
  /** Its number among those that wait. */
  readonly group: number;
  readonly scope: ServiceScope;
  readonly until: UnixMillis;
  parts: Parts;
  /** `due` to be counted as it is; `overlooked`, because a span that has been counted stands for it. */
  state: "waiting" | "due" | "overlooked" = "waiting";
  /** A span has left that says that it is the one that counts. */
  #isMarked = false;

  constructor(group: number, part: RequestPart, { scope, until }: { scope: ServiceScope; until: UnixMillis }) {
    this.group = group;
    this.parts = [part];
    this.scope = scope;
    this.until = until;
  }

  /** Takes over all parts of a request that has turned out to be the same. */
  absorb(other: HeldRequest): void {
    this.parts = [...this.parts, ...other.parts];
    this.#isMarked ||= other.#isMarked;
  }

  joined(): JoinedRequest {
    const [first, ...others] = this.parts;
    this.parts = [revisedPart(first), ...others.map(revisedPart)];
    return new JoinedRequest(this.parts);
  }

  /** Marks for the spans of the batch at hand. To be asked for once, when the batch has been read. */
  takeMarks(request: JoinedRequest): readonly PartMarks[] {
    const arrived = this.parts.filter(({ editPlace }) => editPlace !== NO_PLACE);
    const standing = this.#partThatCounts(request, arrived);
    this.#isMarked ||= standing !== undefined;
    return arrived.map((part) => {
      const { editPlace } = part;
      part.editPlace = NO_PLACE;
      const { cause, outcome } = part === standing ? request : part;
      // One request is one endpoint, whichever of its spans one looks at.
      return { editPlace, isCounted: part === standing, cause, outcome, endpoint: request.endpoint };
    });
  }

  /**
   * One span of a request says that it counts: the outermost of its first batch. A further one that
   * comes later from around it cannot say so as well.
   */
  #partThatCounts({ outermost }: JoinedRequest, arrived: readonly RequestPart[]): RequestPart | undefined {
    if (this.#isMarked || this.state === "overlooked") return undefined;
    return arrived.includes(outermost) ? outermost : arrived[0];
  }
}
