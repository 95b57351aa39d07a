/**
 * What extraction knows and remembers whatever rules are in force: how clients are told apart, how
 * services sample, are instrumented and what they mean by their answers, and what has been said about refused requests.
 *
 * Rules decide which attributes a scan picks up, so scanner and extractor are made anew with them; this
 * outlives both.
 */
import { TraceScanner } from "../otlp/trace-scanner.ts";
import { extractionKeys } from "./attribute-keys.ts";
import { LogEvidence } from "./causes/log-evidence.ts";
import { RefusalEvidence } from "./causes/refusal-evidence.ts";
import { ClientReader } from "./client-reader.ts";
import type { ClientSettings } from "./client-settings.ts";
import type { DeclaredSampling } from "./declared-sampling.ts";
import type { EndpointTable } from "./endpoint-table.ts";
import type { FindingSeverity, InstrumentationReport } from "./instrumentation/finding.ts";
import { countFindings, reportOn } from "./instrumentation/findings.ts";
import { InstrumentationWatch } from "./instrumentation/instrumentation-watch.ts";
import type { OutcomeOverride } from "./outcome-override.ts";
import { OutcomeOverrides } from "./outcome-override.ts";
import type { SamplingFinding } from "./service-sampling.ts";
import { ServiceSampling } from "./service-sampling.ts";
import type { SipHashKey } from "./siphash.ts";
import { SpanExtractor } from "./span-extractor.ts";

export type ExtractionOptions = {
  /** Secret of this installation: the same client keeps one fingerprint, and nobody else can compute it. */
  readonly clientKey: SipHashKey;
  /** Left out: shown hashed, and believed as senders tell them. */
  readonly clients?: ClientSettings;
  /** How services are sampled whose spans do not say so. */
  readonly sampling?: readonly DeclaredSampling[];
  /** What services mean by their answers; the first that has something to say decides. */
  readonly outcomes?: readonly OutcomeOverride[];
};

export class ExtractionMemory {
  readonly clients: ClientReader;
  readonly sampling: ServiceSampling;
  readonly evidence: RefusalEvidence;
  readonly watch: InstrumentationWatch;
  readonly #endpoints: EndpointTable;
  readonly #clientKey: SipHashKey;
  readonly #outcomes: OutcomeOverrides;
  readonly #logs: LogEvidence;

  constructor({ clientKey, clients, outcomes, sampling }: ExtractionOptions, endpoints: EndpointTable) {
    this.clients = new ClientReader(clientKey, clients);
    this.sampling = new ServiceSampling(sampling);
    // Part of the secret, so that nobody can choose traces that crowd one place of the table.
    this.evidence = new RefusalEvidence(clientKey[1]);
    this.watch = new InstrumentationWatch(endpoints);
    this.#endpoints = endpoints;
    this.#clientKey = clientKey;
    this.#outcomes = new OutcomeOverrides(outcomes);
    this.#logs = new LogEvidence(this.evidence);
  }

  /** `attributeKeys` are those that rules ask for. */
  readersOf(attributeKeys: readonly string[]): [TraceScanner, SpanExtractor] {
    const { clients, evidence, sampling, watch } = this;
    const own = { clientKey: this.#clientKey, endpoints: this.#endpoints, outcomes: this.#outcomes };
    const settings = { ...own, clients, evidence, sampling, watch };
    return [
      new TraceScanner(extractionKeys([...attributeKeys, ...this.#outcomes.attributeKeys])),
      new SpanExtractor(settings),
    ];
  }

  /** Signs that samplers distort what is seen. */
  samplingFindings(): Iterable<SamplingFinding> {
    return this.sampling.findings();
  }

  /** What is missing or misleading in what services send. */
  instrumentationReport(): InstrumentationReport {
    return reportOn(this.watch.settle(), this.sampling.findings());
  }

  /** How many findings that report has, by severity. */
  findingCounts(): Readonly<Record<FindingSeverity, number>> {
    return countFindings(this.watch.settle(), this.sampling.findings());
  }

  /** Hears what log records say about refused requests. The bytes are known to be a well-formed logs request. */
  hearLogs(bytes: Uint8Array): void {
    this.#logs.listenTo(bytes);
  }
}
