/** What every rule makes of one endpoint, and why. Reads only: asking changes no decision. */
import type { Diagnosis } from "../../detection/diagnosis.ts";
import type { FailuresToGo } from "../../detection/failures-to-go.ts";
import { failuresToGo } from "../../detection/failures-to-go.ts";
import type { Reading } from "../../detection/reading.ts";
import type { Endpoint } from "../../extraction/endpoint.ts";
import { endpointNames } from "../../extraction/endpoint.ts";
import { answersOf, holds } from "../../rules/conditions.ts";
import { matchesEndpoint, overridersOf, refusals, takesEveryRequest } from "../../rules/match.ts";
import { muteHolding } from "../../rules/mute.ts";
import type { Rule } from "../../rules/rule.ts";
import { endpointField } from "../../rules/rule.ts";
import { severityOf } from "../../rules/severity.ts";
import { toWall } from "../../time.ts";
import { onceInWords } from "../evidence-words.ts";
import type { JudgeContext } from "../judge.ts";
import { alertLabels } from "../labels.ts";
import { FAILURES_MIN } from "../takeover/takeover-grade.ts";
import type { WatchTable } from "../watch-table.ts";
import type { WatchedSeries } from "../watched-series.ts";
import { seriesFields } from "../watched-series.ts";
import { significant } from "../words.ts";
import type { EndpointExplanation, RuleExplanation, SeriesExplanation } from "./explanation.ts";
import { SERIES_EXPLAINED_MAX } from "./explanation.ts";
import { verdictOn } from "./verdict.ts";

/** `ruleId` null: all rules. */
export function explainEndpoint(
  endpoint: Endpoint,
  { table, ruleId }: { readonly table: WatchTable; readonly ruleId: string | null },
  context: JudgeContext,
): EndpointExplanation {
  const asked = context.ruleSet.rules.filter(({ id }) => ruleId === null || id === ruleId);
  return {
    endpoint: { ...endpointNames(endpoint), name: endpoint.name },
    isOverflow: endpoint.isOverflow,
    rules: asked.map((rule) => explainRule(rule, { endpoint, table }, context)),
  };
}

function explainRule(
  rule: Rule,
  { endpoint, table }: { readonly endpoint: Endpoint; readonly table: WatchTable },
  context: JudgeContext,
): RuleExplanation {
  const { rules } = context.ruleSet;
  const refusing = refusals(rule.match, endpoint).map(({ field, patterns }) => ({
    field,
    patterns,
    value: endpointField(endpoint, field),
  }));
  if (refusing.length > 0) return { rule: rule.id, kind: "unmatched", refusals: refusing };
  const overriders = overridersOf(
    rule,
    rules.filter((other) => matchesEndpoint(other.match, endpoint)),
  );
  const silencing = overriders.filter(takesEveryRequest);
  if (silencing.length > 0) return { rule: rule.id, kind: "overridden", by: silencing.map(({ id }) => id) };
  const active = table.ruleById(rule.id);
  const series = active === undefined ? [] : table.seriesOn(active, endpoint);
  if (rule.detector.kind === "takeover") return explainTakeovers(rule, series, context);
  return {
    rule: rule.id,
    kind: "watching",
    attributes: rule.match.attributes.map(({ field, patterns }) => ({ field, patterns })),
    sharedWith: overriders.map(({ id }) => id),
    series: strongest(series, context).map((each) => explainSeries(each, context)),
    seriesCount: series.length,
  };
}

/** All that matters is in who has failed lately. */
function explainTakeovers(rule: Rule, series: readonly WatchedSeries[], { now }: JudgeContext): RuleExplanation {
  const failing = series.flatMap(({ signIns }) => signIns?.failuresByClient(now.steady) ?? []);
  const mostFailures = Math.max(0, ...failing);
  const firing = series.find(({ alert }) => alert?.state === "firing")?.alert;
  const who = failing.length === 1 ? "1 client has" : `${failing.length} clients have`;
  const lately =
    failing.length === 0 ? "nobody has failed lately" : `${who} failed lately, at most ${timesInWords(mostFailures)}`;
  const sentence =
    firing === undefined || firing === null
      ? `silent: ${lately}, and none that failed ${FAILURES_MIN} times has got in`
      : `firing as ${firing.severity}`;
  return { rule: rule.id, kind: "takeover", failingClients: failing.length, mostFailures, sentence };
}

function timesInWords(count: number): string {
  return count === 1 ? "once" : `${significant(count)} times`;
}

function strongest(series: readonly WatchedSeries[], { now }: JudgeContext): readonly WatchedSeries[] {
  const evidence = new Map(
    series.map((each) => [each, each.active.detector.reading(each.state, now.steady).evidence] as const),
  );
  return [...series]
    .sort((left, right) => (evidence.get(right) ?? 0) - (evidence.get(left) ?? 0))
    .slice(0, SERIES_EXPLAINED_MAX);
}

function explainSeries(series: WatchedSeries, context: JudgeContext): SeriesExplanation {
  const { active, alert, state, values } = series;
  const { rule, detector } = active;
  const { now, ruleSet, shown } = context;
  const diagnosis = detector.diagnose(state, now.steady);
  const { reading } = diagnosis;
  const fields = seriesFields(rule, values);
  const severity = severityOf(rule, reading);
  const mute = muteHolding(ruleSet.mutes, alertLabels({ rule, fields, severity }), now.wall);
  const toGo = reading.isAlarming ? null : forecast(series, context);
  return {
    fields,
    hasFailed: diagnosis.hasFailed,
    ...figuresOf(diagnosis, rule, context),
    client: diagnosis.client === null ? null : { ...diagnosis.client, name: shown.client(diagnosis.client.client) },
    story: { isKnownRise: reading.isKnownRise, recurredTimes: reading.recurredTimes, holdMs: reading.holdMs },
    singleClient: { isOneClientFailing: reading.isOneClientFailing, rule: rule.singleClient },
    when: answersOf(rule.when, reading, "when"),
    forMs: rule.forMs,
    severity,
    mute: mute === undefined ? null : { id: mute.id, reason: mute.reason, until: mute.untilWall },
    alarm: {
      isOn: reading.isAlarming,
      kind: reading.alarmKind,
      gates: reading.gates,
      clearedBy: reading.clearedBy,
    },
    alert: alert === null ? null : alertFacts(alert, context),
    verdict: verdictOn({ diagnosis, alert, rule, mute, toGo, now }),
  };
}

function figuresOf(diagnosis: Diagnosis, rule: Rule, { now }: JudgeContext) {
  const { baseline, byChance, excess, gates, reading, sampling, threshold } = diagnosis;
  const { requestRate } = reading;
  return {
    usual: {
      rate: reading.usual,
      upTo: reading.usualUpper,
      isKnown: reading.isWarm,
      requestsPerSecond: requestRate,
    },
    baseline,
    present: {
      rate: reading.rate,
      deviation: reading.deviation,
      requests: reading.requestCount,
      failures: reading.failureCount,
      windowMs: rule.windowMs,
    },
    excess:
      reading.since === null
        ? null
        : {
            since: toWall(reading.since, now),
            failures: reading.failuresSince,
            requests: reading.requestsSince,
            expectedFailures: excess?.expectedFailures ?? 0,
          },
    chance:
      byChance === null
        ? null
        : { evidence: onceInWords(byChance.evidenceSeconds), threshold: onceInWords(byChance.thresholdSeconds) },
    threshold,
    gates,
    sampling,
  };
}

function alertFacts(alert: NonNullable<WatchedSeries["alert"]>, { now }: JudgeContext) {
  const { id, isPage, pendingAt, recoveringSince, severity, state } = alert;
  const recovering = recoveringSince === null ? null : toWall(recoveringSince, now);
  return { id, isPage, severity, state, pendingAt: toWall(pendingAt, now), recoveringSince: recovering };
}

/** How many more failures would make an alert. */
function forecast({ active, state }: WatchedSeries, { now }: JudgeContext): FailuresToGo | null {
  const { detector, rule } = active;
  const isReached = (reading: Reading) => holds(rule.when, reading, "when");
  return failuresToGo(detector, state, { now: now.steady, isReached });
}
