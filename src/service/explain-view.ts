/**
 * Answers why an endpoint is silent, or is not: now, from the engine; at an earlier moment, from the record.
 *
 * The record holds what alerts did, and the evidence they had then. Between two of their steps, and where
 * there was no alert, nothing was written down; that is said, and nothing made up.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Alert, Transition } from "../core/alerts/alert.ts";
import type { EndpointExplanation } from "../core/alerts/explaining/explanation.ts";
import { withSuggestion } from "../core/diagnostic.ts";
import type { Engine } from "../core/engine.ts";
import { endpointName } from "../core/extraction/endpoint.ts";
import type { Instant, UnixMillis } from "../core/time.ts";
import { toWall } from "../core/time.ts";
import type { EndpointQuestion, EndpointsFound } from "./endpoint-search.ts";
import { isNamedAs, searchEndpoints } from "./endpoint-search.ts";
import { alertView } from "./status.ts";

export type ExplainQuestion = EndpointQuestion & {
  readonly rule: string | null;
  /** Wall clock; null for now. */
  readonly at: UnixMillis | null;
};

/** Transitions of all alerts, in both directions from a moment of the steady clock. */
export interface TransitionRecord {
  /** Newest first. */
  transitionsUntil(at: UnixMillis, limit: number): readonly Transition[];
  /** Oldest first. */
  transitionsAfter(at: UnixMillis, limit: number): readonly Transition[];
}

export type ExplainSources = {
  readonly engine: Engine;
  readonly record: TransitionRecord;
  readonly now: () => Instant;
};

/** As much of the record as is looked through, each way. */
const LOOKED_THROUGH_MAX = 2000;

export async function explainView(question: ExplainQuestion, sources: ExplainSources) {
  const { engine } = sources;
  const ids = engine.ruleSet.rules.map(({ id }) => id);
  const { rule } = question;
  // A rule that is gone may still be on record.
  if (rule !== null && question.at === null && !ids.includes(rule)) {
    return notFound(withSuggestion(`no rule in force has the id "${rule}"`, rule, ids));
  }
  return question.at === null ? explainNow(question, sources) : explainThen(question, question.at, sources);
}

async function explainNow(question: ExplainQuestion, { engine, now }: ExplainSources) {
  const search = await searchEndpoints(engine.endpoints, question);
  const { found, foundCount, overflow } = search;
  const isOverflow = foundCount === 0 && question.service !== null && overflow.length > 0;
  if (foundCount === 0 && !isOverflow) return notFound(unknownEndpoint(question, search));
  const at = now();
  const endpoints: EndpointExplanation[] = [];
  for (const endpoint of isOverflow ? overflow : found) {
    // Some milliseconds each: spans have their turn in between.
    await nextTurn();
    endpoints.push(engine.explain(endpoint, question.rule, now()));
  }
  const endpointCount = isOverflow ? overflow.length : foundCount;
  return { kind: "explained" as const, at: at.wall, endpoints, endpointCount };
}

function unknownEndpoint(question: EndpointQuestion, { overflow, suggestions }: EndpointsFound): string {
  const place = question.service === null ? "" : ` of ${question.service}`;
  const meant = suggestions.length === 0 ? "" : `; did you mean ${suggestions.join(", or ")}?`;
  const services = overflow.map(({ service }) => service).join(", ");
  const beyond =
    overflow.length === 0
      ? ""
      : `\n${services} has more endpoints than the bound: with --service, those beyond are explained together`;
  return `no requests to "${question.name}"${place} have been counted${meant}${beyond}`;
}

async function explainThen(question: ExplainQuestion, atWall: UnixMillis, sources: ExplainSources) {
  const answer = recordAt(question, atWall, sources);
  if (answer.open.length > 0 || answer.ended !== null || answer.next !== null) return answer;
  // Nothing on record is an answer for an endpoint that there is, and no answer for a mistyped one.
  const search = await searchEndpoints(sources.engine.endpoints, question);
  return search.foundCount > 0 ? answer : notFound(unknownEndpoint(question, search));
}

function recordAt(question: ExplainQuestion, atWall: UnixMillis, { record, now: clock }: ExplainSources) {
  const now = clock();
  const at = atWall - (now.wall - now.steady);
  const isAsked = (transition: Transition) => concerns(transition.alert, question);
  const before = record.transitionsUntil(at, LOOKED_THROUGH_MAX).filter(isAsked);
  const latest = [...new Map(before.toReversed().map((transition) => [transition.alert.id, transition])).values()];
  const open = latest.filter(({ alert }) => alert.state !== "resolved");
  const ended = before.find(({ alert }) => alert.state === "resolved");
  const next = record.transitionsAfter(at, LOOKED_THROUGH_MAX).find(isAsked);
  const recorded = (transition: Transition) => recordedAlert(transition, now);
  return {
    kind: "recorded" as const,
    at: atWall,
    open: open.map(recorded),
    ended: ended === undefined ? null : recorded(ended),
    next: next === undefined ? null : recorded(next),
  };
}

/** The alert as it was written down with that step. */
function recordedAlert({ alert, at, kind }: Transition, now: Instant) {
  return { step: kind, recordedAt: toWall(at, now), alert: alertView(alert, now) };
}

function concerns({ endpoint, ruleId }: Alert, { environment, name, rule, service }: ExplainQuestion): boolean {
  if (rule !== null && rule !== ruleId) return false;
  if (service !== null && service !== endpoint.service) return false;
  if (environment !== null && environment !== endpoint.environment) return false;
  return isNamedAs({ name: endpointName(endpoint), route: endpoint.route }, name);
}

function notFound(error: string) {
  return { kind: "not_found" as const, error };
}
