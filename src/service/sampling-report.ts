/**
 * Tells people, once for each service and sign, that a sampler distorts what is seen of the service.
 */
import type { SamplingFinding, SamplingSign } from "../core/extraction/service-sampling.ts";

export const SAMPLING_REMEDIES: Readonly<Record<SamplingSign, string>> = {
  failures_only:
    "hardly a success has arrived for an hour: if a sampler keeps failures, let it keep a fixed share of everything, or put authspike before it",
  partly_stated: "only some spans state a sampling threshold: declare the ratio of the others under `sampling`",
  contradicted: "spans state sampling thresholds that they cannot have passed: the sampler and the SDK disagree",
};

/** Findings told and remembered; more services than these with the same trouble are one trouble. */
const TOLD_MAX = 1_000;

export class SamplingReport {
  readonly #told = new Set<string>();
  readonly #findings: () => Iterable<SamplingFinding>;
  readonly #onFound: (finding: SamplingFinding, remedy: string) => void;

  constructor(findings: () => Iterable<SamplingFinding>, onFound: (finding: SamplingFinding, remedy: string) => void) {
    this.#findings = findings;
    this.#onFound = onFound;
  }

  /** To be called every now and then. */
  tellNew(): void {
    for (const finding of this.#findings()) {
      const { environment, namespace, service, sign } = finding;
      const key = JSON.stringify([environment, namespace, service, sign]);
      if (this.#told.has(key) || this.#told.size >= TOLD_MAX) continue;
      this.#told.add(key);
      this.#onFound(finding, SAMPLING_REMEDIES[sign]);
    }
  }
}
