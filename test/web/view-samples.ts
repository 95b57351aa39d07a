/** Views of a service at rest, of which a test changes what it is about. */
import type { Finding } from "../../src/core/extraction/instrumentation/finding.ts";
import type { EndpointRow } from "../../src/web/endpoint-page.ts";
import { selectEndpoints } from "../../src/web/endpoint-page.ts";
import type { AlertDetail, DeliveryView, Views } from "../../src/web/views.ts";

export function sampleViews(parts: Partial<Views> & { readonly rows?: readonly EndpointRow[] } = {}): Views {
  const { rows = [], ...given } = parts;
  return {
    ready: () => ({ isReady: true, checks: { receivers: "ok", store: "ok" } }),
    metrics: () => [],
    endpoints: (query) => selectEndpoints(rows, query),
    alerts: () => [],
    alert: () => null,
    explain: () => Promise.resolve({ kind: "not_found", error: "no requests have been counted" }),
    rules: () => ({
      active: {
        hash: "abc",
        acceptedAt: 0,
        origin: "start",
        budget: { falsePages: 1, perMs: 30 * 86_400_000 },
        rules: [],
        warnings: [],
        notices: [],
      },
      refusal: null,
      history: [],
    }),
    pipeline: () => ({
      version: "0.1.0",
      startedAt: 0,
      signals: [],
      pendingDeliveries: 0,
      endpointCount: rows.length,
      seriesCount: rows.length,
      sampling: [],
    }),
    instrumentation: () => ({ services: [], findings: [] }),
    deliveries: () => [],
    reloadRules: () => ({ kind: "unchanged", text: "the rules are unchanged" }),
    ...given,
  };
}

export function sampleRow(
  name: string,
  given: Partial<Omit<EndpointRow, "endpoint">> & { readonly service?: string } = {},
): EndpointRow {
  const { service = "auth", ...numbers } = given;
  const names = { environment: "prod", namespace: "", service, method: "GET", route: name, protocol: "http" } as const;
  return {
    rule: "http-401",
    endpoint: { ...names, name: `GET ${name}` },
    requestsPerSecond: 10,
    rate: 0.02,
    usual: 0.02,
    usualUpper: 0.03,
    deviation: 0,
    evidence: 0,
    threshold: 9,
    isWarm: true,
    alertState: null,
    alertId: null,
    ...numbers,
  };
}

export function sampleAlert(given: Partial<AlertDetail> = {}): AlertDetail {
  return {
    id: "http-401-0123-abc",
    rule: "http-401",
    state: "firing",
    severity: "error",
    isPage: true,
    labels: { service: "auth" },
    endpoint: "POST /login",
    service: "auth",
    environment: "prod",
    pendingAt: 1000,
    firedAt: 2000,
    resolvedAt: null,
    resolveReason: null,
    mutedBy: null,
    since: 500,
    failures: 120,
    requests: 316,
    rate: 0.38,
    peakRate: 0.4,
    usual: 0.021,
    busiestClientShare: 0.1,
    evidence: 21.2,
    threshold: 17.1,
    byChance: "once in 5.2 years",
    gates: [
      { name: "evidence", value: 17.4, needed: 17.1, holds: true },
      { name: "failures", value: 9.2, needed: 7, holds: true },
    ],
    pattern: null,
    cause: null,
    incident: "http-401-0123-abc",
    dedupKey: "authspike/http-401/0123",
    bundle: "abc",
    topClients: [],
    examples: [],
    transitions: [{ kind: "firing", at: 2000 }],
    deliveries: [],
    ...given,
  };
}

export function sampleDelivery(given: Partial<DeliveryView> = {}): DeliveryView {
  return {
    id: 1,
    alertId: "http-401-0123-abc",
    action: "trigger",
    dedupKey: "authspike/http-401/0123",
    targetId: "0123",
    state: "delivered",
    createdAt: 2000,
    nextAttemptAt: 2000,
    attempts: [{ at: 2001, outcome: "delivered", status: 202, reason: "", latencyMs: 80 }],
    ...given,
  };
}

export function sampleFinding(given: Partial<Finding> = {}): Finding {
  return {
    environment: "prod",
    namespace: "",
    service: "auth",
    code: "client_missing",
    severity: "warning",
    instrumentation: "Node http (@opentelemetry/instrumentation-http 0.203.0)",
    count: 180,
    of: 200,
    share: 0.9,
    seen: "no client address",
    cost: "an attack from many addresses cannot be told from one client",
    remedy: "record client.address",
    example: { traceId: "0af7651916cd43dd8448eb211c80319c", spanName: "POST /login" },
    ...given,
  };
}
