/** What speaks for a burst, in words: how rare it would be by chance, and the gates with their numbers. */
import type { Gate, GateName } from "../detection/gate.ts";
import { DAY_MS, SECOND_MS } from "../time.ts";
import type { Evidence } from "./alert.ts";
import { oneDecimal, significant, span } from "./words.ts";

const YEAR_MS = 365.25 * DAY_MS;
const TOO_RARE_YEARS = 1e6;

/**
 * How often chance alone reaches so much evidence: below the guard at most once in exp(nats) requests on average, and
 * at the usual rate less often. `once in 3.4 years`; null where the request rate is not known.
 */
export function chanceInWords(nats: number, requestsPerSecond: number): string | null {
  return requestsPerSecond > 0 ? onceInWords(Math.exp(nats) / requestsPerSecond) : null;
}

export function onceInWords(seconds: number): string {
  const intervalMs = seconds * SECOND_MS;
  const years = intervalMs / YEAR_MS;
  if (intervalMs < SECOND_MS) return "at any moment";
  if (years < 1) return `once in ${span(intervalMs)}`;
  return `once in ${years >= TOO_RARE_YEARS ? "more than a million" : significant(years)} years`;
}

/** The same for an alert. Only the sequential evidence can be put this way. */
export function chanceOf({ evidence, alarmKind, usualRequestsPerSecond }: Evidence): string | null {
  return alarmKind === "ratio" ? chanceInWords(evidence, usualRequestsPerSecond) : null;
}

/** `evidence: 18.2 nats, needed more than 17.1`. */
export function gateInWords({ name, value, needed }: Gate): string {
  const { title, unit, comparison } = GATE_WORDS[name];
  return `${title}: ${oneDecimal(value)}${unit}, needed ${comparison} ${oneDecimal(needed)}`;
}

const GATE_WORDS: Readonly<Record<GateName, { title: string; unit: string; comparison: string }>> = {
  evidence: { title: "evidence", unit: " nats", comparison: "more than" },
  control_limit: { title: "distance from the usual", unit: " deviations", comparison: "more than" },
  failures: { title: "failures, repeats of one client counting less", unit: "", comparison: "at least" },
  surplus: { title: "failures above what the traffic explains", unit: "", comparison: "at least" },
  client: { title: "failures of one client, fading within ten minutes", unit: "", comparison: "at least" },
};
