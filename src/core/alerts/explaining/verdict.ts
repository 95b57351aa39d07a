/** The last sentence of an explanation: what holds, what does not, and how much is missing. */
import type { Diagnosis } from "../../detection/diagnosis.ts";
import type { FailuresToGo } from "../../detection/failures-to-go.ts";
import type { Gate, GateName } from "../../detection/gate.ts";
import type { ConditionAnswer } from "../../rules/conditions.ts";
import { answersOf } from "../../rules/conditions.ts";
import type { Mute, Rule, Severity } from "../../rules/rule.ts";
import { isPagingSeverity, severityOf } from "../../rules/severity.ts";
import type { Instant } from "../../time.ts";
import { toWall } from "../../time.ts";
import type { Alert } from "../alert.ts";
import { conditionValue } from "../condition-words.ts";
import { calmBeforeEndMs } from "../lifecycle.ts";
import { isoTime, oneDecimal, span } from "../words.ts";
import type { Verdict } from "./explanation.ts";

type Facts = {
  readonly diagnosis: Diagnosis;
  readonly alert: Alert | null;
  readonly rule: Rule;
  readonly mute: Mute | undefined;
  /** What would make an alert; null when it has one, or more would be needed than is tried. */
  readonly toGo: FailuresToGo | null;
  readonly now: Instant;
};

export function verdictOn(facts: Facts): Verdict {
  const { alert, diagnosis } = facts;
  if (alert?.state === "firing") return firing(facts, alert);
  if (alert?.state === "pending") return pending(facts, alert);
  return diagnosis.reading.isAlarming ? alarmWithoutAlert(facts) : calm(facts);
}

type FiringAlert = Extract<Alert, { state: "firing" }>;
type PendingAlert = Extract<Alert, { state: "pending" }>;

function firing({ diagnosis, now, rule }: Facts, alert: FiringAlert): Verdict {
  const { firedAt, mutedBy, recoveringSince, severity, isPage } = alert;
  const since = isoTime(toWall(firedAt, now));
  const muted = mutedBy === null ? "" : `, and nobody is told while the mute ${mutedBy} holds`;
  const keptForMs = calmBeforeEndMs(rule, diagnosis.reading);
  const left = recoveringSince === null ? 0 : keptForMs - (now.steady - recoveringSince);
  const ending = recoveringSince === null ? "" : `; as usual again, it ends in ${span(left)} if that stays so`;
  const sentence = `firing since ${since} as ${severity}, a ${isPage ? "page" : "ticket"}${muted}${ending}`;
  return { state: "firing", keptSilentBy: null, toGo: null, sentence };
}

function pending({ now, rule }: Facts, { pendingAt }: PendingAlert): Verdict {
  const left = span(rule.forMs - (now.steady - pendingAt));
  const sentence = `silent: the alarm is on since ${isoTime(toWall(pendingAt, now))} and has to last ${span(rule.forMs)} (\`for\`), ${left} more`;
  return { state: "pending", keptSilentBy: "for", toGo: null, sentence };
}

function alarmWithoutAlert({ diagnosis, rule }: Facts): Verdict {
  const missing = answersOf(rule.when, diagnosis.reading, "when").find((answer) => !answer.holds);
  // Between the request that completes the evidence and the judgement that follows at once.
  if (missing === undefined) {
    return { state: "pending", keptSilentBy: null, toGo: null, sentence: "the alarm has just gone on" };
  }
  const sentence = `silent: the alarm is on, but \`when\` asks for ${conditionInWords(missing)}`;
  return { state: "silent", keptSilentBy: "when", toGo: null, sentence };
}

function conditionInWords({ name, needed, value }: ConditionAnswer): string {
  return `a ${name} of at least ${conditionValue(name, needed)}, and it is ${conditionValue(name, value)}`;
}

function calm(facts: Facts): Verdict {
  const { diagnosis, rule, toGo } = facts;
  const missing = diagnosis.gates.find((gate) => !gate.holds) ?? null;
  const severity = toGo === null ? null : severityOf(rule, toGo.reading);
  return {
    state: "silent",
    keptSilentBy: missing?.name ?? null,
    toGo: toGo === null || severity === null ? null : { failures: toGo.failures, withinMs: toGo.withinMs, severity },
    sentence: `silent: ${whySilent(diagnosis, missing)}; ${forecastInWords(facts, severity)}`,
  };
}

function whySilent({ gates, hasFailed, reading }: Diagnosis, missing: Gate | null): string {
  if (!hasFailed) return "nothing has ever failed here";
  if (missing === null) return "the alarm goes on with the next failure";
  const known = missing.name === "evidence" && !reading.isWarm ? ", with a wide guard while it is being learned" : "";
  const before = gates.slice(0, gates.indexOf(missing)).map(({ name }) => GATE_TITLES[name]);
  const enough = before.length === 0 ? "" : `${before.join(" and ")} would do, but `;
  return enough + GATE_LACKS[missing.name](missing) + known;
}

const GATE_TITLES: Readonly<Record<GateName, string>> = {
  evidence: "the evidence",
  control_limit: "the distance",
  failures: "the number of failures",
  surplus: "the surplus",
  client: "the client",
};

const GATE_LACKS: Readonly<Record<GateName, (gate: Gate) => string>> = {
  evidence: (gate) => `the evidence is ${figures(gate)}`,
  control_limit: (gate) => `the rate is ${figures(gate)} deviations above the usual`,
  failures: (gate) => `there are only ${figures(gate)} failures, repeats of one client counting less`,
  surplus: (gate) => `only ${figures(gate)} failures are more than the traffic explains`,
  client: (gate) => `the client has ${figures(gate)} failures`,
};

function figures({ value, needed }: Gate): string {
  return `${oneDecimal(value)} of ${oneDecimal(needed)}`;
}

function forecastInWords({ mute, rule, toGo }: Facts, severity: Severity | null): string {
  if (toGo === null || severity === null) return "thousands of failures within a minute would not be enough";
  const failures = toGo.failures === 1 ? "1 more failure" : `about ${toGo.failures} more failures`;
  const within = toGo.withinMs === 60_000 ? "minute" : span(toGo.withinMs);
  const what = isPagingSeverity(severity) ? "page" : `open a ticket (${severity})`;
  const lasting = rule.forMs > 0 ? `, if the alarm then lasts ${span(rule.forMs)}` : "";
  const muted = mute === undefined ? "" : `, were it not for the mute ${mute.id}`;
  return `${failures} in the next ${within} would ${what}${lasting}${muted}`;
}
