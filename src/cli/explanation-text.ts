/** An explanation as it is printed for people: a fact a line, the verdict last. */

import { conditionValue } from "../core/alerts/condition-words.ts";
import { gateInWords } from "../core/alerts/evidence-words.ts";
import type {
  EndpointExplanation,
  MatchRefusal,
  RuleExplanation,
  SeriesExplanation,
} from "../core/alerts/explaining/explanation.ts";
import { failureCount, significant, span } from "../core/alerts/words.ts";
import type { Gate } from "../core/detection/gate.ts";
import type { ConditionAnswer } from "../core/rules/conditions.ts";
import { isPagingSeverity } from "../core/rules/severity.ts";
import type { ExplainAnswer, RecordedAlert } from "../web/views.ts";
import { paceText, percentText, timeText } from "./shown-values.ts";
import { renderFacts } from "./text-table.ts";

type Facts = readonly (readonly [string, readonly string[]])[];

export function endpointText({ endpoint, isOverflow, rules }: EndpointExplanation): string {
  const { environment, name, service } = endpoint;
  const place = `${name} of ${service}${environment === "" ? "" : ` in ${environment}`}`;
  const overflow = isOverflow ? ["it stands for all endpoints of this service beyond the bound"] : [];
  const watching = rules.filter(isWatching).flatMap((rule) => watchingTexts(rule));
  const others = rules.filter((rule) => !isWatching(rule)).map(otherText);
  const isWatched = rules.some(({ kind }) => kind === "watching" || kind === "takeover");
  // Of a single rule that was asked for, its own line has said it.
  const nobody = isWatched || rules.length === 1 ? [] : ["no rule watches it"];
  return [place, ...overflow, ...others, ...watching, ...nobody].join("\n");
}

type Watching = Extract<RuleExplanation, { kind: "watching" }>;

function isWatching(rule: RuleExplanation): rule is Watching {
  return rule.kind === "watching";
}

function otherText(rule: RuleExplanation): string {
  if (rule.kind === "overridden") return `rule ${rule.rule}: silent, overridden by ${rule.by.join(" and ")}`;
  if (rule.kind === "takeover") return `rule ${rule.rule}: ${rule.sentence}`;
  if (rule.kind === "watching") return `rule ${rule.rule}: watches it`;
  return `rule ${rule.rule}: does not match: ${rule.refusals.map(refusalText).join(", ")}`;
}

function refusalText({ field, patterns, value }: MatchRefusal): string {
  return `${field} is "${value}", wanted ${patterns.join(" or ")}`;
}

function watchingTexts(rule: Watching): readonly string[] {
  const asked = rule.attributes.map(({ field, patterns }) => `${field}: ${patterns.join(", ")}`);
  const notes = [
    ...(asked.length === 0 ? [] : [`only requests with ${asked.join("; ")}`]),
    ...(rule.sharedWith.length === 0 ? [] : [`except what ${rule.sharedWith.join(" and ")} takes`]),
    ...(rule.series.length === 0 ? ["no request that it counts has come yet"] : []),
    ...(rule.seriesCount > rule.series.length ? [`the strongest ${rule.series.length} of ${rule.seriesCount}`] : []),
  ];
  const head = `rule ${rule.rule}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`;
  return [
    head,
    ...rule.series.map((series) => `${indented(renderFacts(factsOf(series)))}\n  ${series.verdict.sentence}`),
  ];
}

function indented(text: string): string {
  return text.replace(/^/gm, "  ");
}

function factsOf(series: SeriesExplanation): Facts {
  return [
    ["series", [fieldsText(series)]],
    ["usual", usualTexts(series)],
    ["now", [presentText(series)]],
    ["excess", [excessText(series)]],
    ["evidence", evidenceTexts(series)],
    ["held then", series.alarm.gates.map(gateText)],
    [series.alarm.isOn ? "gates now" : "gates", series.gates.map(gateText)],
    ["client", clientTexts(series)],
    ["when", series.when.map((answer) => marked(answer.holds, conditionText(answer)))],
    ["story", storyTexts(series)],
    ["for", series.forMs === 0 ? [] : [span(series.forMs)]],
    ["severity", [severityText(series)]],
    ["mute", series.mute === null ? [] : [`${series.mute.id}: ${series.mute.reason}`]],
    ["sampling", samplingTexts(series)],
    ["alert", series.alert === null ? [] : [`${series.alert.id}, ${series.alert.state}`]],
  ];
}

function fieldsText({ fields }: SeriesExplanation): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

function marked(holds: boolean, text: string): string {
  return `${holds ? "[+]" : "[-]"} ${text}`;
}

function gateText(gate: Gate): string {
  return marked(gate.holds, gateInWords(gate));
}

const LEARNING: Readonly<Record<SeriesExplanation["baseline"]["learning"], string>> = {
  learns: "it goes on learning",
  waits_in_doubt: "in doubt, so what comes now waits to be learned",
  stands_still_in_alarm: "it stands still while the alarm is on",
};

function usualTexts({ baseline, hasFailed, usual }: SeriesExplanation): readonly string[] {
  const { requests, requestsNeeded, observedMs, learning, clusterFactor, wander } = baseline;
  const learned = `learned from ${significant(requests)} requests in ${span(observedMs)}`;
  const pace = paceText(usual.requestsPerSecond);
  const knowledge = usual.isKnown ? `known, ${learned}` : `learning, ${learned} of the ${requestsNeeded} needed`;
  return [
    hasFailed ? `${percentText(usual.rate)} of ${pace}, up to ${percentText(usual.upTo)} is no evidence` : pace,
    `${knowledge}; ${LEARNING[learning]}`,
    ...seasonTexts(baseline),
    `failures come in clusters of ${significant(clusterFactor)}; the level wanders by ${significant(wander)} in log-odds`,
  ];
}

function seasonTexts({ seasonOdds, seasonRequests }: SeriesExplanation["baseline"]): readonly string[] {
  if (seasonOdds === 1 && seasonRequests === 1) return [];
  const odds = `${significant(seasonOdds)} times the odds of a failure`;
  return [`at this hour of the week ${odds} and ${significant(seasonRequests)} times the requests`];
}

function presentText({ present }: SeriesExplanation): string {
  const { deviation, failures, rate, requests, windowMs } = present;
  const counted = `${significant(failures)} of ${significant(requests)} requests in ${span(windowMs)}`;
  return `${percentText(rate)}, ${significant(deviation)} deviations from usual; ${counted}`;
}

function excessText({ excess }: SeriesExplanation): string {
  if (excess === null) return "none: nothing speaks for more failures than usual";
  const { expectedFailures, failures, requests, since } = excess;
  const counted = `${failureCount(failures)} of ${significant(requests)} requests`;
  return `since ${timeText(since)}: ${counted}, where ${significant(expectedFailures)} were to be expected`;
}

function evidenceTexts({ chance, threshold }: SeriesExplanation): readonly string[] {
  if (threshold === null) return ["none: the rule asks for a control limit instead"];
  const { byChance, byExperience } = threshold;
  const budget = `the budget asks for ${significant(byChance)} nats`;
  const experience =
    byExperience === null || byExperience <= byChance
      ? "harmless bursts here ask for no more"
      : `harmless bursts here ask for ${significant(byExperience)}, at most three times the budget's`;
  const words = chance === null ? [] : [`by chance ${chance.evidence}; the threshold, ${chance.threshold}`];
  return [...words, `${budget}; ${experience}`];
}

function clientTexts({ client, singleClient }: SeriesExplanation): readonly string[] {
  if (client === null) return [];
  const { failures, gate, isAlarmOfItsOwn, name, share } = client;
  const who = `${name ?? "(not shown)"}: ${significant(failures)} of the failures since the onset (${percentText(share)})`;
  const own = isAlarmOfItsOwn ? gateText(gate) : "no alarm of its own: not a sign-in route";
  const alone = `it fails alone where others succeed: ${singleClient.rule === "page" ? "a page all the same" : "at most a ticket"}`;
  return [who, own, ...(singleClient.isOneClientFailing ? [alone] : [])];
}

function storyTexts({ story: { holdMs } }: SeriesExplanation): readonly string[] {
  return holdMs > 0 ? [`it is known to return: its alert stays open until a calm of ${span(holdMs)}`] : [];
}

function conditionText({ name, needed, value }: ConditionAnswer): string {
  return `${name}: ${conditionValue(name, value)}, needed at least ${conditionValue(name, needed)}`;
}

function severityText({ severity, story: { isKnownRise, recurredTimes } }: SeriesExplanation): string {
  const known = isKnownRise ? ": people were paged for such a level within a day" : "";
  const habit = recurredTimes > 0 ? `: it came at this hour ${recurredTimes} times before, no weaker` : "";
  return `${severity}, a ${isPagingSeverity(severity) ? "page" : "ticket"}${known}${habit}`;
}

function samplingTexts({ sampling }: SeriesExplanation): readonly string[] {
  const { failureWeight, oddsScale, successWeight } = sampling;
  if (failureWeight === 1 && successWeight === 1) return [];
  const weights = `a success stands for ${significant(successWeight)} requests, a failure for ${significant(failureWeight)}`;
  const seen = `failures are seen ${significant(oddsScale)} times as often as their share, and prove accordingly less`;
  return [weights, ...(oddsScale === 1 ? ["weights never multiply evidence: it counts received requests"] : [seen])];
}

type Recorded = Extract<ExplainAnswer, { kind: "recorded" }>;

export function recordText({ at, ended, next, open }: Recorded): string {
  const head =
    open.length === 0
      ? `${timeText(at)}: no alert was open. Only what alerts do is on record, not what was known in between.`
      : `${timeText(at)}: ${open.length === 1 ? "one alert was" : `${open.length} alerts were`} open`;
  const around = [
    ...(ended === null ? [] : [`the last one before had ended: ${stepText(ended)}`]),
    ...(next === null ? ["nothing is on record after that"] : [`next on record: ${stepText(next)}`]),
  ];
  return [head, ...open.map(recordedText), ...around].join("\n");
}

function recordedText(recorded: RecordedAlert): string {
  const { alert } = recorded;
  const { byChance, evidence, failures, rate, requests, since, threshold, usual } = alert;
  const numbers = `${significant(evidence)}, threshold ${significant(threshold)}`;
  const facts: Facts = [
    ["recorded", [stepText(recorded)]],
    ["estimated onset", [timeText(since)]],
    ["failures", [`${significant(failures)} of ${significant(requests)} requests`]],
    ["rate", [`${percentText(rate)}, usually ${percentText(usual)}`]],
    ["evidence", [byChance === null ? numbers : `${numbers}; by chance ${byChance}`]],
    ["busiest client", [`${percentText(alert.busiestClientShare)} of the failures`]],
    ["gates", alert.gates.map(gateText)],
    ["muted by", alert.mutedBy === null ? [] : [alert.mutedBy]],
  ];
  return indented(renderFacts(facts));
}

function stepText({ alert, recordedAt, step }: RecordedAlert): string {
  return `${timeText(recordedAt)} ${step} (rule ${alert.rule}, ${alert.severity}, ${alert.id})`;
}
