/**
 * Scores the pages of one contestant in one scenario against the truth.
 *
 * A window is an attack: from the arrival of its first request to that of its last. The first page in
 * it, on an endpoint that it strikes, is the hit; each one more is a re-page. A page shortly after its
 * end belongs to it too, but comes too late to be a hit. What happens around a shared incident belongs
 * to the incident. Any other page is false.
 */
import type { UnixMillis } from "../../../src/core/time.ts";
import { MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import type { Page } from "./contestant.ts";
import type { BenchRequest } from "./request.ts";
import { BENIGN, endpointKey } from "./request.ts";
import type { Scenario } from "./scenario.ts";

export type WindowScore = {
  readonly scenario: string;
  readonly attack: number;
  readonly durationMs: number;
  /** Null when nobody was paged. */
  readonly hit: Hit | null;
};

export type Hit = {
  readonly delaySeconds: number;
  /** Attack requests up to the page, and the share of them that came after it. */
  readonly attackRequests: number;
  readonly shareAfter: number;
  /** From the last attack request to the last resolve; null when it stayed open. */
  readonly resolveSeconds: number | null;
};

export type FalsePage = { readonly scenario: string; readonly endpoint: string; readonly at: UnixMillis };

export type ScenarioScore = {
  readonly windows: readonly WindowScore[];
  readonly falsePages: readonly FalsePage[];
  readonly rePages: number;
  /** Null when the scenario has no shared incident. */
  readonly sharedPages: number | null;
  readonly neverClosed: number;
};

export type AttackWindow = {
  readonly attack: number;
  readonly endpoints: ReadonlySet<string>;
  /** When each of its requests arrived: all that is kept of them. */
  readonly arrivals: readonly UnixMillis[];
};

/** A page so soon after the last attack request still counts. */
const LATE_HIT_MS = MINUTE_MS;
/** What an attack or an incident leaves behind, such as retries, belongs to it. */
const AFTERMATH_MS = 10 * MINUTE_MS;

/** Notes the attacks as their requests pass by. */
export class AttackWatcher {
  readonly #scenario: Scenario;
  readonly #arrivals: UnixMillis[][];

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#arrivals = scenario.attacks.map(() => []);
  }

  observe({ attack, arrived }: BenchRequest): void {
    if (attack !== BENIGN) this.#arrivals[attack]?.push(arrived);
  }

  windows(): readonly AttackWindow[] {
    return this.#scenario.attacks.map(({ endpoints }, attack) => ({
      attack,
      endpoints: new Set(endpoints.map(endpointKey)),
      arrivals: this.#arrivals[attack] ?? [],
    }));
  }
}

export function scorePages(
  scenario: Scenario,
  windows: readonly AttackWindow[],
  pages: readonly Page[],
): ScenarioScore {
  const found = windows.map((window) => ({ window, pages: pages.filter((page) => belongsTo(page, window)) }));
  const incidentPages = pages.filter((page) => isAround(scenario.incident, page));
  const explained = new Set([...found.flatMap((one) => one.pages), ...incidentPages]);
  const scores = found.map((one) => scoreWindow(scenario.name, one.window, one.pages));
  const falsePages = openedIncidents(pages.filter((page) => !explained.has(page)));
  return {
    windows: scores.map(({ score }) => score),
    falsePages: falsePages.map(({ endpoint, firedAt }) => ({ scenario: scenario.name, endpoint, at: firedAt })),
    rePages: scores.reduce((sum, { rePages }) => sum + rePages, 0),
    sharedPages: scenario.incident === null ? null : openedIncidents(incidentPages).length,
    neverClosed: pages.filter(({ resolvedAt }) => resolvedAt === null).length,
  };
}

/** Those that wake somebody: a page that joins an open incident of its group does not. */
export function openedIncidents(pages: readonly Page[]): readonly Page[] {
  const openUntil = new Map<string, number>();
  return [...pages]
    .sort((left, right) => left.firedAt - right.firedAt)
    .filter(({ group, firedAt, resolvedAt }) => {
      const until = openUntil.get(group) ?? Number.NEGATIVE_INFINITY;
      openUntil.set(group, Math.max(until, resolvedAt ?? Number.POSITIVE_INFINITY));
      return firedAt > until;
    });
}

function scoreWindow(scenario: string, window: AttackWindow, pages: readonly Page[]) {
  const opened = openedIncidents(pages);
  const [first] = opened;
  const start = window.arrivals[0] ?? 0;
  const end = window.arrivals.at(-1) ?? 0;
  const isHit = first !== undefined && first.firedAt <= end + LATE_HIT_MS;
  const hit = isHit ? hitOf(window, first, pages) : null;
  const score: WindowScore = { scenario, attack: window.attack, durationMs: end - start, hit };
  return { score, rePages: isHit ? opened.length - 1 : opened.length };
}

function hitOf({ arrivals }: AttackWindow, first: Page, pages: readonly Page[]): Hit {
  const start = arrivals[0] ?? 0;
  const end = arrivals.at(-1) ?? 0;
  const attackRequests = arrivals.filter((arrived) => arrived <= first.firedAt).length;
  const resolvedAt = pages.map((page) => page.resolvedAt ?? Number.POSITIVE_INFINITY);
  const last = Math.max(...resolvedAt);
  return {
    delaySeconds: (first.firedAt - start) / SECOND_MS,
    attackRequests,
    shareAfter: 1 - attackRequests / arrivals.length,
    resolveSeconds: Number.isFinite(last) ? Math.max(0, last - end) / SECOND_MS : null,
  };
}

function belongsTo(page: Page, { endpoints, arrivals }: AttackWindow): boolean {
  const [start = Number.POSITIVE_INFINITY] = arrivals;
  const end = arrivals.at(-1) ?? Number.NEGATIVE_INFINITY;
  return endpoints.has(page.endpoint) && page.firedAt >= start && page.firedAt <= end + AFTERMATH_MS;
}

function isAround(incident: Scenario["incident"], { firedAt }: Page): boolean {
  return incident !== null && firedAt >= incident.from && firedAt <= incident.to + AFTERMATH_MS;
}
