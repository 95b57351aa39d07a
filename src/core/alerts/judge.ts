/**
 * Judges one series: what its detector knows, what its rule asks, what follows for its alert.
 *
 * This is the place where a page begins; `settle.ts` beside it says who is told.
 */
import type { DetectorContext } from "../detection/detector.ts";
import type { Reading } from "../detection/reading.ts";
import { endpointNames } from "../extraction/endpoint.ts";
import { muteHolding } from "../rules/mute.ts";
import type { RuleSet } from "../rules/rule.ts";
import type { Instant, UnixMillis } from "../time.ts";
import type { Alert, SpanReference } from "./alert.ts";
import { EXAMPLES_MAX } from "./alert.ts";
import type { CauseFailures } from "./cause-tally.ts";
import { causesOf, failuresIn } from "./cause-tally.ts";
import type { Clues } from "./evidence.ts";
import { advanceAlert, endAlert, endReason } from "./lifecycle.ts";
import { episodeFacts } from "./patterns/episode-facts.ts";
import type { Pattern } from "./patterns/pattern.ts";
import { patternOf } from "./patterns/pattern.ts";
import type { ScanningClients } from "./patterns/scanning-clients.ts";
import { isProgramRoute } from "./patterns/success-after-failures.ts";
import type { AlertMove } from "./settle.ts";
import type { ShownNames } from "./shown-names.ts";
import { describeListed, shownClients } from "./shown-names.ts";
import { takeoverClues, takeoverReading } from "./takeover/takeover-reading.ts";
import type { ToldIncidents } from "./updates.ts";
import type { WatchedSeries } from "./watched-series.ts";
import { seriesFields } from "./watched-series.ts";

const SCANNERS_MAX = 3;

export type JudgeContext = {
  readonly ruleSet: RuleSet;
  readonly now: Instant;
  readonly inDoubtSince: UnixMillis;
  readonly detection: DetectorContext;
  readonly shown: ShownNames;
  readonly toldIncidents: ToldIncidents;
  readonly scans: Pick<ScanningClients, "isScanning">;
};

/** Brings the series up to `now` and says how its alert moves on. Judging twice at one instant changes nothing more. */
export function judge(series: WatchedSeries, context: JudgeContext): AlertMove {
  const { ruleSet, now } = context;
  const { rule } = series.active;
  const reading = readingOf(series, context);
  const advance = advanceAlert({
    alert: series.alert,
    rule,
    fields: seriesFields(rule, series.values),
    endpoint: endpointNames(series.endpoint),
    reading,
    clues: () =>
      rule.detector.kind === "takeover"
        ? takeoverClues(series.signIns, context.shown)
        : cluesOf(series, reading, context),
    toldIncidents: context.toldIncidents,
    muteFor: (labels) => muteHolding(ruleSet.mutes, labels, now.wall) ?? null,
    bundle: ruleSet.hash,
    now,
  });
  return { before: series.alert, advance, rule };
}

/** Ends the series' alert if the rules in force have no place for it any more; null when they have. */
export function orphaned(series: WatchedSeries, { ruleSet, now }: JudgeContext): AlertMove | null {
  if (series.alert === null) return null;
  const rule = ruleSet.rules.find(({ id }) => id === series.active.rule.id);
  const reason = endReason(series.alert, rule);
  if (reason === null) return null;
  const advance = endAlert(series.alert, { reason, bundle: ruleSet.hash, now });
  return { before: series.alert, advance, rule: series.active.rule };
}

/** Ends an alert that no series belongs to: its rule was removed while nobody was watching. */
export function ruleless(alert: Alert, { ruleSet, now }: JudgeContext): AlertMove {
  return { before: alert, advance: endAlert(alert, { reason: "rule_removed", bundle: ruleSet.hash, now }), rule: null };
}

/** Keeps the newest few spans that failed: a person wants to open one. */
export function rememberExample(series: WatchedSeries, example: SpanReference): void {
  // A list that grows by itself makes room for seventeen.
  series.examples = series.examples.slice(1 - EXAMPLES_MAX).concat(example);
}

function readingOf({ active: { detector, rule }, signIns, state }: WatchedSeries, context: JudgeContext): Reading {
  const now = context.now.steady;
  if (rule.detector.kind === "takeover") return takeoverReading(signIns, now);
  detector.tick(state, now, context.detection);
  return detector.reading(state, now);
}

function cluesOf(series: WatchedSeries, reading: Reading, context: JudgeContext): Clues {
  const { shown } = context;
  const { active, sketch, state } = series;
  const causes = causesOf(series.causes);
  const pattern = reading.isAlarming ? patternIn(series, { causes, reading }, context) : null;
  return {
    topClients: shownClients(active.detector.topClients(state), shown),
    successesAfterFailures: (sketch?.successes.listed ?? []).map((listed) => describeListed(listed, shown)),
    examples: series.examples,
    pattern: pattern?.name ?? null,
    patternConfidence: pattern?.confidence ?? null,
    causes,
  };
}

function patternIn(
  series: WatchedSeries,
  known: { readonly causes: readonly CauseFailures[]; readonly reading: Reading },
  context: JudgeContext,
): Pattern | null {
  const { sketch, state, endpoint } = series;
  // Of what others answer the service sees too little: its own calls are all of one client.
  if (sketch === null || endpoint.peer !== undefined) return null;
  const { isAuthenticationRoute } = state;
  const routes = { isAuthenticationRoute, isProgramRoute: isProgramRoute(endpoint.route) };
  const scannerShare = shareOfScanners(series, context);
  return patternOf(episodeFacts({ ...known, ...routes, sketch, scannerShare }, context.now.steady));
}

/** Of the failures, as far as their clients are remembered. */
function shareOfScanners({ active, endpoint, state }: WatchedSeries, { now, scans }: JudgeContext): number {
  const clients = active.detector.topClients(state);
  const isScanner = ({ client }: { readonly client: number }) => scans.isScanning(endpoint.service, client, now.steady);
  // The busiest few have nearly all, or it is no scan.
  return failuresIn(clients.slice(0, SCANNERS_MAX).filter(isScanner)) / Math.max(1, failuresIn(clients));
}
