/** What the places in a rule's texts are filled with, taken from the alert that the text is about. */
import { endpointName } from "../extraction/endpoint.ts";
import { ratioToUsual } from "../rules/conditions.ts";
import type { Rule } from "../rules/rule.ts";
import type { TemplateValues } from "../rules/template.ts";
import type { Instant } from "../time.ts";
import { toWall } from "../time.ts";
import type { Alert } from "./alert.ts";

export function templateValues(alert: Alert, rule: Rule, now: Instant): TemplateValues {
  const { endpoint, evidence } = alert;
  return {
    endpoint: endpointName(endpoint),
    service: endpoint.service,
    env: endpoint.environment,
    namespace: endpoint.namespace,
    method: endpoint.method,
    route: endpoint.route,
    peer: endpoint.peer ?? "",
    rule: alert.ruleId,
    severity: alert.severity,
    rate: evidence.rate,
    usual: evidence.usual,
    ratio: ratioToUsual(evidence),
    deviation: evidence.deviation,
    failures: evidence.failures,
    requests: evidence.requests,
    since: toWall(evidence.since, now),
    top_client: evidence.topClients[0]?.client ?? null,
    top_client_share: evidence.busiestClientShare,
    threshold: evidence.threshold,
    evidence: evidence.evidence,
    window: rule.windowMs,
    pattern: evidence.pattern,
    cause: evidence.cause,
  };
}
