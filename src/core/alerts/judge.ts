/**
 * Judges one series: what its detector knows, what its rule asks, what follows for its alert.
 *
 * This is the place where a page begins. The alert's targets are settled here too, in the value that
 * is recorded, so that the resolve finds whoever was triggered, whatever the rules say by then.
 */
import type { DetectorContext } from "../detection/detector.ts";
import { formatFingerprint } from "../extraction/client-fingerprint.ts";
import { muteHolding } from "../rules/mute.ts";
import type { Notifier, Rule, RuleSet } from "../rules/rule.ts";
import type { Instant } from "../time.ts";
import type { Alert, Effect, SpanReference, Transition } from "./alert.ts";
import { EXAMPLES_MAX } from "./alert.ts";
import { causesOf } from "./cause-tally.ts";
import type { Clues } from "./evidence.ts";
import type { AlertAdvance } from "./lifecycle.ts";
import { advanceAlert, endAlert, endReason } from "./lifecycle.ts";
import { effectsOf, withTriggered } from "./notification.ts";
import type { WatchedSeries } from "./watch-table.ts";
import { seriesFields } from "./watch-table.ts";

export type JudgeContext = {
  readonly ruleSet: RuleSet;
  readonly now: Instant;
  readonly detection: DetectorContext;
};

/** Brings the series and its alert up to `now`. Judging twice at one instant changes nothing more. */
export function judge(series: WatchedSeries, context: JudgeContext): readonly Effect[] {
  const { ruleSet, now } = context;
  const { detector, rule } = series.active;
  detector.tick(series.state, now.steady, context.detection);
  const reading = detector.reading(series.state, now.steady);
  const advance = advanceAlert({
    alert: series.alert,
    rule,
    fields: seriesFields(rule, series.values),
    endpoint: series.endpoint,
    reading,
    clues: () => cluesOf(series),
    muteFor: (labels) => muteHolding(ruleSet.mutes, labels, now.wall) ?? null,
    bundle: ruleSet.hash,
    now,
  });
  return settleSeries(series, advance, context);
}

/** Ends the series' alert if the rules in force have no place for it any more. */
export function endIfOrphaned(series: WatchedSeries, context: JudgeContext): readonly Effect[] {
  if (series.alert === null) return [];
  const rule = context.ruleSet.rules.find(({ id }) => id === series.active.rule.id);
  const reason = endReason(series.alert, rule);
  if (reason === null) return [];
  const advance = endAlert(series.alert, { reason, bundle: context.ruleSet.hash, now: context.now });
  return settleSeries(series, advance, context);
}

/** Ends an alert that no series belongs to: its rule was removed while nobody was watching. */
export function endRuleless(alert: Alert, context: JudgeContext): readonly Effect[] {
  const advance = endAlert(alert, { reason: "rule_removed", bundle: context.ruleSet.hash, now: context.now });
  return settle(alert, advance, { ...context, rule: null }).effects;
}

/** Keeps the newest few spans that failed: a person wants to open one. */
export function rememberExample(series: WatchedSeries, example: SpanReference): void {
  series.examples.push(example);
  if (series.examples.length > EXAMPLES_MAX) series.examples.shift();
}

function settleSeries(series: WatchedSeries, advance: AlertAdvance, context: JudgeContext): readonly Effect[] {
  const { alert, effects } = settle(series.alert, advance, { ...context, rule: series.active.rule });
  series.alert = alert;
  return effects;
}

type SettleContext = JudgeContext & { readonly rule: Rule | null };
type Settled = { readonly alert: Alert | null; readonly effects: readonly Effect[] };

/** Gives every transition its effects, and every value of the alert the targets triggered so far. */
function settle(before: Alert | null, { alert, transitions }: AlertAdvance, context: SettleContext): Settled {
  let triggered = before?.triggered ?? [];
  const effects: Effect[] = [];
  for (const transition of transitions) {
    const carried: Transition = { ...transition, alert: { ...transition.alert, triggered } };
    const follow = effectsOf(carried, { routes: context.ruleSet.routes, rule: context.rule, now: context.now });
    const recorded = { ...carried, alert: withTargets(carried.alert, follow, context.ruleSet.notifiers) };
    triggered = recorded.alert.triggered;
    effects.push(...follow.map((effect) => (effect.kind === "record" ? { ...effect, transition: recorded } : effect)));
  }
  return { alert: alert === null ? null : { ...alert, triggered }, effects };
}

function withTargets(alert: Alert, effects: readonly Effect[], notifiers: readonly Notifier[]): Alert {
  return effects.reduce((known, effect) => {
    if (effect.kind !== "notify" || effect.notification.target.kind !== "notifier") return known;
    const { name } = effect.notification.target;
    const notifier = notifiers.find((candidate) => candidate.name === name);
    return notifier === undefined ? known : withTriggered(known, { notifier: name, targetId: notifier.targetId });
  }, alert);
}

function cluesOf(series: WatchedSeries): Clues {
  const topClients = series.active.detector
    .topClients(series.state)
    .map(({ client, failures }) => ({ client: formatFingerprint(client), failures }));
  return { topClients, examples: [...series.examples], pattern: null, causes: causesOf(series.causes) };
}
