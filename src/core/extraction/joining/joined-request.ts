/**
 * One request that several spans of its service tell about.
 *
 * A server, the framework in it and the proxy before it may each have a SERVER span for the same
 * request. The outermost knows how it ended, because whatever stands further in may have been
 * overruled; the innermost knows its route, because routing happens last. What is made of the spans
 * does not depend on the order in which they came.
 */
import type { UnixMillis } from "../../time.ts";
import type { FailureCause } from "../causes/cause.ts";
import type { Refusal } from "../causes/refusal.ts";
import { strongestCause } from "../causes/refusal.ts";
import { UNKNOWN_CLIENT } from "../client-fingerprint.ts";
import type { Endpoint } from "../endpoint.ts";
import { UNKNOWN_ROUTE } from "../endpoint-naming.ts";
import type { Observation, Outcome } from "../observation.ts";
import { NO_GRPC_STATUS, NO_HTTP_STATUS } from "../outcome.ts";
import { UNKNOWN_SESSION, UNKNOWN_USER } from "../user-fingerprint.ts";
import type { RequestPart } from "./request-part.ts";

export class JoinedRequest implements Observation {
  readonly endpoint: Endpoint;
  readonly outcome: Outcome;
  readonly cause: FailureCause | null;
  readonly refusals: readonly Refusal[];
  readonly httpStatus: number;
  readonly grpcStatus: number;
  readonly weight: number;
  readonly client: number;
  readonly user: number;
  readonly session: number;
  readonly endedAt: UnixMillis;
  /** Stands for the whole request: the part that none of the others is around. */
  readonly outermost: RequestPart;
  /** Outermost first. */
  readonly #parts: readonly RequestPart[];

  constructor(parts: readonly [RequestPart, ...RequestPart[]]) {
    const ordered = inDepthOrder(parts);
    const outermost = ordered[0] ?? parts[0];
    const judged = partWithStatus(ordered) ?? outermost;
    const named =
      ordered.findLast(({ hasRoute }) => hasRoute) ??
      ordered.find(({ endpoint }) => endpoint.route !== UNKNOWN_ROUTE) ??
      outermost;
    const agreeing = ordered.filter((part) => hasSameStatus(part, judged));
    this.#parts = ordered;
    this.outermost = outermost;
    this.endpoint = named.endpoint;
    // One part may have the evidence that makes a 403 a failed authentication.
    this.outcome = agreeing.some(({ outcome }) => outcome === "unauthenticated") ? "unauthenticated" : judged.outcome;
    this.refusals = agreeing.flatMap(({ refusals }) => refusals);
    // Told by the refusals where they are, because those have heard more since the parts came.
    this.cause = strongestCause(this.refusals) ?? agreeing.find(({ cause }) => cause !== null)?.cause ?? null;
    this.httpStatus = judged.httpStatus;
    this.grpcStatus = judged.grpcStatus;
    this.weight = outermost.weight;
    this.client = ordered.find(({ client }) => client !== UNKNOWN_CLIENT)?.client ?? UNKNOWN_CLIENT;
    this.user = ordered.find(({ user }) => user !== UNKNOWN_USER)?.user ?? UNKNOWN_USER;
    this.session = ordered.find(({ session }) => session !== UNKNOWN_SESSION)?.session ?? UNKNOWN_SESSION;
    this.endedAt = outermost.endedAt;
  }

  get partCount(): number {
    return this.#parts.length;
  }

  traceId(): string {
    return this.outermost.traceId;
  }

  spanId(): string {
    return this.outermost.spanId;
  }

  attribute(key: string): string | undefined {
    return this.#parts.find(({ attributes }) => attributes.has(key))?.attributes.get(key);
  }
}

function inDepthOrder(parts: readonly RequestPart[]): readonly RequestPart[] {
  if (parts.length === 1) return parts;
  return parts
    .map((part) => ({ part, depth: depthOf(part, parts) }))
    .sort((left, right) => left.depth - right.depth || (left.part.spanId < right.part.spanId ? -1 : 1))
    .map(({ part }) => part);
}

/** Ids that form a circle are nonsense from a sender; the depth then stops at the number of parts. */
function depthOf(part: RequestPart, parts: readonly RequestPart[]): number {
  let depth = 0;
  let current = part;
  while (depth < parts.length) {
    const { parentKey } = current;
    const parent = parts.find(({ key }) => key === parentKey);
    if (parent === undefined) break;
    current = parent;
    depth += 1;
  }
  return depth;
}

/** A gRPC status beats an HTTP one, which is 200 even for a refused call. */
function partWithStatus(ordered: readonly RequestPart[]): RequestPart | undefined {
  return (
    ordered.find(({ grpcStatus }) => grpcStatus !== NO_GRPC_STATUS) ??
    ordered.find(({ httpStatus }) => httpStatus !== NO_HTTP_STATUS)
  );
}

function hasSameStatus(left: RequestPart, right: RequestPart): boolean {
  return left.httpStatus === right.httpStatus && left.grpcStatus === right.grpcStatus;
}
