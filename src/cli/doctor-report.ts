/** What the doctor prints for people: a line for each check and each service, a paragraph for each finding. */
import { REQUESTS_MIN } from "../core/extraction/instrumentation/checks.ts";
import type { ExaminedService, Finding, InstrumentationReport } from "../core/extraction/instrumentation/finding.ts";
import { FINDING_SEVERITIES } from "../core/extraction/instrumentation/finding.ts";
import { counted } from "./counted.ts";
import type { HealthCheck } from "./doctor-health.ts";
import { percentText } from "./shown-values.ts";
import { renderTable } from "./text-table.ts";

export function healthText(checks: readonly HealthCheck[]): string {
  return renderTable(
    ["CHECK", "STATE", "DETAIL"],
    checks.map(({ check, state, detail }) => [check, state, detail]),
  );
}

/** More are counted. */
const SERVICES_LISTED_MAX = 50;

export function servicesText(services: readonly ExaminedService[]): string {
  const rows = services
    .slice(0, SERVICES_LISTED_MAX)
    .map((service) => [placeText(service), counted(service.requests, "request"), service.instrumentation]);
  const table = renderTable(["SERVICE", "LATELY", "INSTRUMENTATION"], rows);
  const more = services.length - rows.length;
  return more > 0 ? `${table}\n… and ${more} more; -o json lists them all` : table;
}

export function findingsText({ findings, services }: InstrumentationReport): string {
  const unknown = services.filter(({ requests }) => requests < REQUESTS_MIN).length;
  const silence = unknown === 0 ? [] : [`${counted(unknown, "service")}: too few requests yet to tell anything`];
  if (findings.length > 0) return [...findings.map(findingText), ...silence, summaryText(findings)].join("\n\n");
  if (services.length === unknown) return silence[0] ?? "no spans have come yet";
  return ["nothing is missing or misleading in what was sent lately", ...silence].join("\n");
}

function findingText(finding: Finding): string {
  const { code, cost, example, instrumentation, of, remedy, seen, severity, share } = finding;
  const lines = [
    `${severity} ${code}: ${placeText(finding)}`,
    `  ${instrumentation}`,
    `  seen     ${percentText(share)} of ${counted(of, "span")}: ${seen}`,
    `  costs    ${cost}`,
    `  set      ${remedy}`,
  ];
  if (example !== null) lines.push(`  example  trace ${example.traceId}, span "${example.spanName}"`);
  return lines.join("\n");
}

/** `shop in prod`, with the namespace where there is one. */
function placeText({ environment, namespace, service }: Finding | ExaminedService): string {
  const name = namespace === "" ? service : `${namespace}/${service}`;
  return environment === "" ? name : `${name} in ${environment}`;
}

function summaryText(findings: readonly Finding[]): string {
  const counts = FINDING_SEVERITIES.map((severity) => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return counted(number, severity === "info" ? "note" : severity);
  });
  const services = new Set(findings.map(placeText)).size;
  return `${counts.join(", ")} in ${counted(services, "service")}; docs/doctor.md tells more`;
}
