/** Plausible records that fill in what a test does not care about. */
import type { Alert, Transition } from "../../../src/core/alerts/alert.ts";
import { createSeries } from "../../../src/core/detection/series.ts";
import { takeSnapshot } from "../../../src/core/detection/snapshot.ts";
import type { SeriesCheckpoint } from "../../../src/core/engine.ts";
import type { EndpointNames } from "../../../src/core/extraction/endpoint.ts";
import type { OutboxRow } from "../../../src/io/sqlite/outbox-store.ts";
import type { Target } from "../../../src/io/sqlite/target-store.ts";
import { targetId } from "../../../src/io/sqlite/target-store.ts";

export const loginEndpoint: EndpointNames = {
  environment: "prod",
  namespace: "shop",
  service: "auth",
  method: "POST",
  route: "/login",
  protocol: "http",
};

const pagerduty = { kind: "pagerduty", url: "https://events.pagerduty.example/v2/enqueue", key: "R0UT1NGKEY" };
export const pagerdutyTarget: Target = { ...pagerduty, id: targetId(pagerduty) };

type AlertFacts = { readonly id: string; readonly state: Alert["state"] };

export function anAlert({ id, state }: AlertFacts): Alert {
  const facts = {
    id,
    ruleId: "http-401",
    fingerprint: "00112233445566ff",
    dedupKey: `authspike/http-401/${id}`,
    incident: { id, dedupKey: `authspike/http-401/${id}`, openedAt: 1100, place: 1 },
    labels: { service: "auth", team: "identity" },
    endpoint: loginEndpoint,
    severity: "critical",
    isPage: true,
    pendingAt: 1000,
    evidence: {
      since: 900,
      failures: 40,
      before: { failures: 0, requests: 0 },
      isUsualKnown: true,
      requests: 100,
      requestsPerSecond: 1.5,
      usualRequestsPerSecond: 1.25,
      rate: 0.4,
      peakRate: 0.5,
      usual: 0.02,
      deviation: 12.5,
      evidence: 20.25,
      threshold: 9.5,
      alarmKind: "ratio",
      gates: [{ name: "evidence", value: 20.25, needed: 9.5, holds: true }],
      busiestClientShare: 0.75,
      topClients: [{ client: "c1", failures: 30 }],
      examples: [{ traceId: "0123456789abcdef0123456789abcdef", spanId: "0123456789abcdef" }],
      isOneClientFailing: false,
      recurredTimes: 0,
      successesAfterFailures: [],
      pattern: null,
      patternConfidence: null,
      cause: null,
      causes: [],
    },
    told: { at: 1100, pattern: null, cause: null, successes: 0, updates: [] },
    triggered: [],
    mutedBy: null,
    recoveringSince: null,
    bundle: "b".repeat(64),
  } as const;
  switch (state) {
    case "pending":
      return { ...facts, state };
    case "firing":
      return { ...facts, state, firedAt: 1100 };
    case "resolved":
      return { ...facts, state, firedAt: 1100, resolvedAt: 2000, resolveReason: "recovered" };
  }
}

export function aTransition(kind: Transition["kind"], at: number, alert: Alert): Transition {
  return { kind, at, alert };
}

export function anOutboxRow(
  facts: Partial<Omit<OutboxRow, "id">> & { readonly alertId: string },
): Omit<OutboxRow, "id"> {
  return {
    targetId: pagerdutyTarget.id,
    dedupKey: `authspike/http-401/${facts.alertId}`,
    action: "trigger",
    body: "{}",
    createdAt: 1100,
    attempts: 0,
    nextAttemptAt: 1100,
    state: "pending",
    ...facts,
  };
}

/** Two checkpoints of one route differ when they were made at different times. */
export function aCheckpoint(route: string, createdAt: number): SeriesCheckpoint {
  return {
    kind: "series",
    standing: "kept",
    ruleId: "http-401",
    per: ["env", "service", "method", "route"],
    values: ["prod", "auth", "POST", route],
    endpoint: { ...loginEndpoint, route },
    state: takeSnapshot(createSeries(createdAt, { isAuthenticationRoute: true }), { season: null, waitsUntil: null }),
  };
}
