/**
 * Which rules judge the requests of an endpoint.
 *
 * The answer depends on the endpoint's names alone, is worked out when the first request comes and kept
 * until the rules change. A fleet has many endpoints and few different answers, so equal ones are one list.
 */
import type { Detector } from "../detection/detector.ts";
import type { Endpoint } from "../extraction/endpoint.ts";
import type { Observation } from "../extraction/observation.ts";
import type { Candidate } from "../rules/match.ts";
import { appliesTo, candidateRules } from "../rules/match.ts";
import type { Rule } from "../rules/rule.ts";
import { isEndpointField, watchesSide } from "../rules/rule.ts";

/** A rule in force. Its detector holds settings only; what it has learned lives in the series. */
export type ActiveRule = {
  readonly rule: Rule;
  readonly detector: Detector;
  /** Names the rule wherever numbers are kept, for as long as series of it are. */
  readonly number: number;
  readonly grouping: Grouping;
};

/**
 * What its series belong to: one endpoint; one endpoint unless services in different namespaces have the
 * same name; endpoints that agree in some fields; requests that agree in attributes.
 */
export type Grouping = "endpoint" | "endpoint_without_namespace" | "endpoint_fields" | "attributes";

/** One rule on one endpoint. */
export type Watch = {
  readonly active: ActiveRule;
  /** null when the rule judges every request of the endpoint, as most do. */
  readonly condition: Candidate | null;
};

export class WatchPlans {
  readonly #rules: ReadonlyMap<Rule, ActiveRule>;
  /** Index: the endpoint's id. */
  readonly #plans: (readonly Watch[] | undefined)[] = [];
  readonly #known = new Map<string, readonly Watch[]>();

  constructor(rules: Iterable<ActiveRule>) {
    this.#rules = new Map([...rules].map((active) => [active.rule, active]));
  }

  of(endpoint: Endpoint): readonly Watch[] {
    return this.#plans[endpoint.id] ?? this.#make(endpoint);
  }

  forget({ id }: Endpoint): void {
    this.#plans[id] = undefined;
  }

  #make(endpoint: Endpoint): readonly Watch[] {
    const watches = candidateRules([...this.#rules.keys()], endpoint).flatMap((candidate) => this.#watchOf(candidate));
    const key = watches.map(({ active, condition }) => `${active.number}/${this.#overridersOf(condition)}`).join(" ");
    const plan = this.#known.get(key) ?? watches;
    this.#known.set(key, plan);
    this.#plans[endpoint.id] = plan;
    return plan;
  }

  #watchOf(candidate: Candidate): readonly Watch[] {
    const active = this.#rules.get(candidate.rule);
    const isConditional = candidate.rule.match.attributes.length > 0 || candidate.unless.length > 0;
    return active === undefined ? [] : [{ active, condition: isConditional ? candidate : null }];
  }

  #overridersOf(condition: Candidate | null): string {
    return (condition?.unless ?? []).map((rule) => this.#rules.get(rule)?.number).join("+");
  }
}

/** Whether the rule looks at this request of the endpoint. */
export function judges({ condition }: Watch, observation: Observation): boolean {
  return condition === null || appliesTo(condition, observation);
}

/** With the namespace, and the peer for calls, all that tells endpoints apart. */
const IDENTITY_FIELDS = ["env", "service", "method", "route"];

export function groupingOf(rule: Rule): Grouping {
  const fields = new Set(rule.per);
  if (!rule.per.every(isEndpointField)) return "attributes";
  if (!IDENTITY_FIELDS.every((field) => fields.has(field))) return "endpoint_fields";
  if (watchesSide(rule, "client") && !fields.has("peer")) return "endpoint_fields";
  return fields.has("namespace") ? "endpoint" : "endpoint_without_namespace";
}
