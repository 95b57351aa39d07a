/**
 * What in a running authspike is worth attention, from what its API tells.
 *
 * Everything that is well is told in a word; whoever asks a doctor wants to know what was looked at.
 */
import type { DeliveryView, PipelineView, RulesView } from "../web/views.ts";
import { counted } from "./counted.ts";
import { percentText } from "./shown-values.ts";

export type HealthState = "ok" | "info" | "warning" | "error";

export type HealthCheck = {
  readonly check: string;
  readonly state: HealthState;
  /** What is so, and where it can be mended, what to do. */
  readonly detail: string;
};

/** What was asked for. */
export type ServiceAnswers = {
  /** Of `/readyz?verbose`. */
  readonly ready: { readonly isReady: boolean; readonly text: string };
  readonly pipeline: PipelineView;
  readonly rules: RulesView;
  /** Those that were given up, newest first. */
  readonly deadDeliveries: readonly DeliveryView[];
  /** Of `/metrics`. */
  readonly metrics: string;
};

export function healthChecks({
  deadDeliveries,
  metrics,
  pipeline,
  ready,
  rules,
}: ServiceAnswers): readonly HealthCheck[] {
  return [
    ...readinessChecks(ready),
    ...receiverChecks(pipeline),
    ...exporterChecks(pipeline),
    ruleCheck(rules),
    notifierCheck(deadDeliveries, pipeline.pendingDeliveries),
    ...metricChecks(valuesIn(metrics)),
  ];
}

/** `[+] store ok`, `[-] store: the disk is full`. */
function readinessChecks({ isReady, text }: ServiceAnswers["ready"]): readonly HealthCheck[] {
  return Array.from(text.matchAll(/^\[([+-])\] ([a-z]+):? (.*)$/gm), ([, sign, name = "", detail = ""]) => ({
    check: name,
    state: sign === "+" ? "ok" : isReady ? "warning" : "error",
    detail: sign === "+" ? "able to work" : detail,
  }));
}

function receiverChecks({ signals }: PipelineView): readonly HealthCheck[] {
  const traces = signals.find(({ signal }) => signal === "traces");
  const arrived = traces?.accepted ?? 0;
  const refused = signals.reduce((sum, signal) => sum + signal.refused, 0);
  const all = signals.reduce((sum, signal) => sum + signal.accepted, 0) + refused;
  const spans: HealthCheck =
    arrived > 0
      ? { check: "spans", state: "ok", detail: `${counted(arrived, "span")} taken in since the start` }
      : { check: "spans", state: "warning", detail: "none have come: point an exporter at the receivers" };
  if (refused === 0) return [spans];
  const detail = `${counted(refused, "item")} turned away (${percentText(refused / all)}): authspike_receiver_refused_items_total has the reasons`;
  return [spans, { check: "refused", state: "warning", detail }];
}

function exporterChecks({ signals }: PipelineView): readonly HealthCheck[] {
  const names = [...new Set(signals.flatMap(({ exporters }) => exporters.map(({ name }) => name)))];
  return names.map((name) => {
    const accounts = signals.flatMap(({ exporters }) => exporters.filter((exporter) => exporter.name === name));
    return exporterCheck(name, {
      sent: sumOf(accounts, "sent"),
      queued: sumOf(accounts, "queued"),
      dropped: sumOf(accounts, "dropped"),
    });
  });
}

type Account = { readonly sent: number; readonly queued: number; readonly dropped: number };

function sumOf(accounts: readonly Account[], field: keyof Account): number {
  return accounts.reduce((sum, account) => sum + account[field], 0);
}

function exporterCheck(name: string, { dropped, queued, sent }: Account): HealthCheck {
  const check = `exporter ${name}`;
  if (name === "none") return { check, state: "info", detail: "what is taken in is analysed and not forwarded" };
  const account = `${counted(sent, "item")} delivered, ${counted(queued, "item")} waiting`;
  if (dropped > 0) {
    const reasons = "authspike_exporter_dropped_items_total has the reasons";
    return { check, state: "warning", detail: `${account}, ${counted(dropped, "item")} dropped: ${reasons}` };
  }
  if (queued > 0 && sent === 0) return { check, state: "warning", detail: `${account}: its destination takes nothing` };
  return { check, state: "ok", detail: account };
}

function ruleCheck({ active, refusal }: RulesView): HealthCheck {
  const inForce = `${counted(active.rules.length, "rule")} in force`;
  if (refusal !== null) {
    const detail = `${inForce}; the files as they are have errors: authspike rules status`;
    return { check: "rule files", state: "error", detail };
  }
  if (active.rules.length === 0) return { check: "rule files", state: "error", detail: "no rule is in force" };
  if (active.warnings.length === 0) return { check: "rule files", state: "ok", detail: inForce };
  const detail = `${inForce}, ${counted(active.warnings.length, "warning")}: authspike rules check`;
  return { check: "rule files", state: "warning", detail };
}

function notifierCheck(dead: readonly DeliveryView[], pendingCount: number): HealthCheck {
  const [latest] = dead;
  const waiting = `${counted(pendingCount, "page")} waiting`;
  if (latest === undefined) return { check: "notifiers", state: "ok", detail: waiting };
  const answer = latest.attempts.at(-1)?.reason ?? "no attempt was made";
  const detail = `${counted(dead.length, "page")} given up, the last for: ${answer} (authspike deliveries list --state dead)`;
  return { check: "notifiers", state: "error", detail };
}

type Attention = Omit<HealthCheck, "check"> & { readonly metric: string };

/** Worth a word while they are not 0. */
const ATTENTION: readonly Attention[] = [
  {
    metric: "authspike_analysis_failures_total",
    state: "error",
    detail: "requests that could not be analysed were forwarded as they came: report this",
  },
  {
    metric: "authspike_redaction_failures_total",
    state: "error",
    detail: "requests could not be looked through and were refused: report this",
  },
  { metric: "authspike_tick_failures_total", state: "error", detail: "judging has failed: the log has the reason" },
  {
    metric: "authspike_store_failures_total",
    state: "warning",
    detail: "the database did not take writes: look at the disk",
  },
  {
    metric: "authspike_publish_failures_total",
    state: "warning",
    detail: "alert events could not be put into the queue",
  },
  {
    metric: "authspike_receiver_thread_deaths_total",
    state: "warning",
    detail: "receiver threads have died and were replaced: the log has the reason",
  },
  {
    metric: "authspike_endpoints_overflowed",
    state: "warning",
    detail: "new endpoints found no room: see endpoints_overflow below, or raise limits",
  },
  {
    metric: "authspike_series_refused",
    state: "warning",
    detail: "failures found no room for evidence: more endpoints fail at once than are watched",
  },
  { metric: "authspike_learned_routes_refused", state: "info", detail: "routes found no room to be learned" },
  {
    metric: "authspike_peers_overflowed",
    state: "info",
    detail: "calls to further dependencies are counted as other peers",
  },
  {
    metric: "authspike_requests_hurried",
    state: "info",
    detail: "requests were counted before their time because too many waited for their spans",
  },
];

function metricChecks(values: ReadonlyMap<string, number>): readonly HealthCheck[] {
  return ATTENTION.flatMap(({ metric, state, detail }) => {
    const value = values.get(metric) ?? 0;
    return value > 0 ? [{ check: metric, state, detail: `${value}: ${detail}` }] : [];
  });
}

/** Sums over labels. */
function valuesIn(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const [, name = "", value] of text.matchAll(/^([a-z0-9_]+)(?:\{.*\})? (\S+)$/gm)) {
    values.set(name, (values.get(name) ?? 0) + Number(value));
  }
  return values;
}
