/**
 * Says what the watch has seen in words that people can act on.
 *
 * Pure, and only called when somebody asks: some thirty comparisons for each service.
 */
import type { SamplingFinding } from "../service-sampling.ts";
import type { Check, Symptom } from "./checks.ts";
import { CHECKS } from "./checks.ts";
import type { ExaminedService, Finding, FindingCode, FindingSeverity, InstrumentationReport } from "./finding.ts";
import { FINDING_SEVERITIES } from "./finding.ts";
import { FINDING_TEXTS } from "./finding-texts.ts";
import type { TalliedService } from "./instrumentation-watch.ts";
import type { Instrumentation } from "./known-instrumentations.ts";
import { UNKNOWN_INSTRUMENTATION } from "./known-instrumentations.ts";
import { remedyFor } from "./remedies.ts";
import type { ServiceTally, SignExample } from "./service-tally.ts";
import type { SpanSender } from "./span-sender.ts";

export function reportOn(
  services: readonly TalliedService[],
  sampling: Iterable<SamplingFinding>,
): InstrumentationReport {
  return { services: services.map(examinedService), findings: findingsOf(services, sampling) };
}

/** How many there are of each severity: what is read off every few seconds needs no words. */
export function countFindings(
  services: readonly TalliedService[],
  sampling: Iterable<SamplingFinding>,
): Readonly<Record<FindingSeverity, number>> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const service of services) for (const found of symptomsOn(service)) counts[severityOf(found)]++;
  counts[SAMPLING_SEVERITY] += [...sampling].length;
  return counts;
}

function examinedService({ scope, tally }: TalliedService): ExaminedService {
  return {
    ...namesOf(scope),
    instrumentation: describe(instrumentationOf(tally, null), tally.sender),
    requests: tally.seenCount,
  };
}

/** With thousands of services a sort of all that was found would take as long as finding it. */
function findingsOf(services: readonly TalliedService[], sampling: Iterable<SamplingFinding>): readonly Finding[] {
  const found = services.toSorted(compareServices).flatMap((service) => findingsOn(service));
  const samplers = Array.from(sampling, (finding) => {
    const service = services.find(({ scope }) => isSameService(scope, finding));
    return samplingFindingOf(finding, service?.tally);
  });
  const all = [...found, ...samplers];
  return FINDING_SEVERITIES.flatMap((severity) => all.filter((finding) => finding.severity === severity));
}

function findingsOn(service: TalliedService): readonly Finding[] {
  return symptomsOn(service).map((found) => findingOf(found, service));
}

type Found = { readonly check: Check; readonly symptom: Symptom };

function symptomsOn({ scope, tally }: TalliedService): readonly Found[] {
  return CHECKS.flatMap((check) => {
    const symptom = check.find(tally, scope);
    return symptom === null ? [] : [{ check, symptom }];
  });
}

function severityOf({ check, symptom }: Found): FindingSeverity {
  return symptom.severity ?? check.severity;
}

const SAMPLING_SEVERITY: FindingSeverity = "warning";

function findingOf(found: Found, { scope, tally }: TalliedService): Finding {
  const { code } = found.check;
  const { count, of, sign } = found.symptom;
  const example = tally.example(sign);
  const instrumentation = instrumentationOf(tally, example);
  return {
    ...namesOf(scope),
    code,
    severity: severityOf(found),
    instrumentation: describe(instrumentation, example?.sender ?? tally.sender),
    count,
    of,
    share: count / of,
    ...FINDING_TEXTS[code],
    ...(code === "secrets_sent" ? { seen: secretsSeen(tally) } : {}),
    remedy: remedyFor(code, instrumentation),
    example: example === null ? null : { traceId: example.traceId, spanName: example.spanName },
  };
}

function samplingFindingOf(finding: SamplingFinding, tally: ServiceTally | undefined): Finding {
  const { requests, share, sign } = finding;
  const code: FindingCode = `sampling_${sign}`;
  const instrumentation = tally === undefined ? UNKNOWN_INSTRUMENTATION : instrumentationOf(tally, null);
  return {
    ...namesOf(finding),
    code,
    severity: SAMPLING_SEVERITY,
    instrumentation: describe(instrumentation, tally?.sender ?? null),
    count: Math.round(share * requests),
    of: requests,
    share,
    ...FINDING_TEXTS[code],
    remedy: remedyFor(code, instrumentation),
    example: null,
  };
}

/** A framework knows more about routes than the server it runs in, if it is that server's. */
function instrumentationOf({ framework, sender }: ServiceTally, example: SignExample | null): Instrumentation {
  const server = (example?.sender ?? sender)?.instrumentation ?? UNKNOWN_INSTRUMENTATION;
  return framework !== null && framework.family === server.family ? framework : server;
}

function describe({ name }: Instrumentation, sender: SpanSender | null): string {
  if (sender === null) return name;
  const { distroName, scopeName, scopeVersion, sdkLanguage, sdkName, sdkVersion } = sender;
  const parts = [[scopeName, scopeVersion], [sdkName, sdkLanguage, sdkVersion], [distroName]].map((words) =>
    words.filter((word) => word !== "").join(" "),
  );
  const details = parts.filter((part) => part !== "").join(", ");
  return details === "" ? name : `${name} (${details})`;
}

function secretsSeen(tally: ServiceTally): string {
  return `${FINDING_TEXTS.secrets_sent.seen}: in ${tally.redactedPlaces.join(", ")}`;
}

type Names = Pick<Finding, "environment" | "namespace" | "service">;

function namesOf({ environment, namespace, service }: Names) {
  return { environment, namespace, service };
}

function isSameService(left: Names, right: Names): boolean {
  return left.service === right.service && left.environment === right.environment && left.namespace === right.namespace;
}

function compareServices({ scope: left }: TalliedService, { scope: right }: TalliedService): number {
  return order(left.service, right.service) || order(left.environment, right.environment);
}

function order(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
