/**
 * What the demo has shown, in numbers that can be checked: each claim holds or it does not.
 */
import type { TrafficReport } from "../../io/traffic/send-traffic.ts";
import type { AlertDetail, PipelineView } from "../../web/views.ts";
import type { Stage } from "./stage.ts";

export type DemoAccount = {
  readonly seeded: { readonly requests: number; readonly minutes: number; readonly endpoints: number };
  readonly spans: {
    /** By the child process, acknowledged by the service. */
    readonly sent: number;
    readonly received: number;
    readonly forwarded: number;
    readonly dropped: number;
    /** The books of every signal and exporter balance, at the moment they are read. */
    readonly balanced: boolean;
  };
  readonly pages: { readonly triggers: number; readonly resolves: number; readonly dedup_keys: readonly string[] };
  readonly alert: {
    readonly rule: string;
    readonly endpoint: string;
    readonly severity: string;
    readonly peak_rate: number;
    readonly usual: number;
    readonly failures: number;
    readonly resolve_reason: string | null;
  };
  /** From the first moment of the attack to the page. */
  readonly detection_ms: number;
  /** From the decision to the page. */
  readonly delivery_ms: number;
  readonly alert_events: readonly string[];
  readonly rule_edits: RuleEdits;
};

export type RuleEdits = {
  /** As `file:line:column: error CODE`, and whether the rules in force stayed the same meanwhile. */
  readonly refused: string;
  readonly kept_old_rules: boolean;
  readonly accepted: string;
};

export type Claim = { readonly claim: string; readonly holds: boolean };

export type Observed = {
  readonly reports: readonly TrafficReport[];
  readonly alert: AlertDetail;
  readonly pipeline: PipelineView;
  readonly attackBeganAt: number;
  readonly edits: RuleEdits;
};

export function accountOf({ history, sink, twin }: Stage, observed: Observed): DemoAccount {
  const { alert, attackBeganAt, edits, pipeline, reports } = observed;
  const traces = pipeline.signals.find(({ signal }) => signal === "traces");
  const events = twin.events;
  const pagedAt = events.find(({ action }) => action === "trigger")?.receivedAt ?? Number.NaN;
  return {
    seeded: history,
    spans: {
      sent: reports.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
      received: traces?.accepted ?? 0,
      forwarded: sink.received.traces.itemCount,
      dropped: traces?.exporters.reduce((sum, { dropped }) => sum + dropped, 0) ?? 0,
      balanced: pipeline.signals.every(isBalanced),
    },
    pages: {
      triggers: events.filter(({ action }) => action === "trigger").length,
      resolves: events.filter(({ action }) => action === "resolve").length,
      dedup_keys: [...new Set(events.map(({ dedupKey }) => dedupKey))],
    },
    alert: {
      rule: alert.rule,
      endpoint: alert.endpoint,
      severity: alert.severity,
      peak_rate: alert.peakRate,
      usual: alert.usual,
      failures: alert.failures,
      resolve_reason: alert.resolveReason,
    },
    detection_ms: Math.round(pagedAt - attackBeganAt),
    delivery_ms: Math.round(pagedAt - (alert.firedAt ?? Number.NaN)),
    alert_events: sink.logRecords.map(({ eventName }) => eventName),
    rule_edits: edits,
  };
}

function isBalanced({ accepted, exporters }: PipelineView["signals"][number]): boolean {
  return exporters.every(({ dropped, queued, resumed, sent }) => accepted + resumed === sent + queued + dropped);
}

const DETECTION_MAX_MS = 10_000;

export function claimsOf({
  alert_events: events,
  detection_ms: detectionMs,
  pages,
  rule_edits: edits,
  spans,
}: DemoAccount): readonly Claim[] {
  return [
    { claim: "every span that was sent was received", holds: spans.sent > 0 && spans.sent === spans.received },
    {
      claim: "every span received was forwarded or counted as dropped",
      holds: spans.received === spans.forwarded + spans.dropped,
    },
    { claim: "for every exporter and signal, accepted + resumed = sent + queued + dropped", holds: spans.balanced },
    { claim: "nothing was dropped", holds: spans.dropped === 0 },
    { claim: "one page, and one resolve", holds: pages.triggers === 1 && pages.resolves === 1 },
    { claim: "page and resolve have the same dedup key", holds: pages.dedup_keys.length === 1 },
    { claim: "the attack was paged for within ten seconds", holds: detectionMs >= 0 && detectionMs < DETECTION_MAX_MS },
    {
      claim: "the alert was told downstream as it fired and as it resolved",
      holds: events.join() === "authspike.alert.firing,authspike.alert.resolved",
    },
    { claim: "a bad rule file left the rules in force as they were", holds: edits.kept_old_rules },
  ];
}
