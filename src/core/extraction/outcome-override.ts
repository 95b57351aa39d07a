/**
 * What a service means by an answer, where that differs from what HTTP and gRPC say.
 *
 * Some services answer 403 or 419 when a session is over, some send the browser to a login page with a
 * 302, and GraphQL says "unauthenticated" inside a 200. Only their owners know, so they say it in the
 * configuration; without any of that nothing in here runs.
 */
import type { EndpointNames } from "./endpoint.ts";
import type { Outcome } from "./observation.ts";

export type OutcomeOverride = {
  readonly appliesTo: (endpoint: EndpointNames) => boolean;
  /** Is asked before the statuses: whoever wrote the attribute knew more than the status. */
  readonly attribute: OutcomeAttribute | null;
  readonly httpStatus: ReadonlyMap<number, Outcome>;
  readonly grpcStatus: ReadonlyMap<number, Outcome>;
};

export type OutcomeAttribute = {
  readonly key: string;
  /** The first that accepts the attribute's value decides. */
  readonly values: readonly { readonly accepts: (value: string) => boolean; readonly outcome: Outcome }[];
};

/** A request as it ended. */
export type Answer = {
  readonly endpoint: EndpointNames;
  readonly httpStatus: number;
  readonly grpcStatus: number;
  /** Every text that an attribute holds: captured headers are lists. */
  readonly textsOf: (key: string) => readonly string[];
};

const NONE: readonly OutcomeOverride[] = [];

export class OutcomeOverrides {
  /** Attributes that a scan has to pick up. */
  readonly attributeKeys: readonly string[];
  readonly #overrides: readonly OutcomeOverride[];
  /** Which of them apply, found once for each endpoint. */
  readonly #byEndpoint = new WeakMap<EndpointNames, readonly OutcomeOverride[]>();

  constructor(overrides: readonly OutcomeOverride[] = NONE) {
    this.#overrides = overrides;
    this.attributeKeys = [...new Set(overrides.flatMap(({ attribute }) => attribute?.key ?? []))];
  }

  get isEmpty(): boolean {
    return this.#overrides.length === 0;
  }

  /** The first that has something to say decides; null when none has. */
  outcomeOf(answer: Answer): Outcome | null {
    for (const override of this.#applying(answer.endpoint)) {
      const outcome = attributeOutcome(override, answer) ?? statusOutcome(override, answer);
      if (outcome !== undefined) return outcome;
    }
    return null;
  }

  #applying(endpoint: EndpointNames): readonly OutcomeOverride[] {
    const known = this.#byEndpoint.get(endpoint);
    if (known !== undefined) return known;
    const applying = this.#overrides.filter(({ appliesTo }) => appliesTo(endpoint));
    this.#byEndpoint.set(endpoint, applying);
    return applying;
  }
}

function statusOutcome({ grpcStatus, httpStatus }: OutcomeOverride, answer: Answer): Outcome | undefined {
  return grpcStatus.get(answer.grpcStatus) ?? httpStatus.get(answer.httpStatus);
}

function attributeOutcome({ attribute }: OutcomeOverride, { textsOf }: Answer): Outcome | undefined {
  if (attribute === null) return undefined;
  for (const text of textsOf(attribute.key)) {
    const value = attribute.values.find(({ accepts }) => accepts(text));
    if (value !== undefined) return value.outcome;
  }
  return undefined;
}
