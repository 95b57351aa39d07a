/**
 * What must hold in every world, whatever went wrong in it. Each check returns what it found broken.
 */
import type { Transition } from "../../src/core/alerts/alert.ts";
import { MINUTE_MS } from "../../src/core/time.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

export function findBreaches(world: SimulatedWorld): readonly string[] {
  const transitions = world.transitions();
  return [
    ...everyBurstFires(world, transitions),
    ...everyFiringAlertReachesPagerDuty(world, transitions),
    ...noIncidentStaysOpen(world),
    ...noResolveBeforeItsTrigger(world, transitions),
    ...noEpisodeOpensTwoIncidents(world, transitions),
    ...oneDedupKeyForEachSeries(transitions),
    ...nothingIsLeftInTheOutbox(world),
  ];
}

/** An episode may go on from one burst into the next; it must have been firing at some moment of each. */
function everyBurstFires(world: SimulatedWorld, transitions: readonly Transition[]): string[] {
  return world.bursts.flatMap(({ route, startsAt, endsAt }) => {
    const episodes = episodesOf(transitions).filter(({ firing }) => firing.alert.endpoint.route === route);
    // A crash may cost the last half minute of evidence, and the disk may be full when it comes back.
    const isSeen = episodes.some(
      ({ firing, end }) => firing.at < endsAt + MINUTE_MS && (end?.at ?? Infinity) > startsAt,
    );
    return isSeen ? [] : [`no alert fired for the burst on ${route} at ${startsAt}`];
  });
}

function everyFiringAlertReachesPagerDuty(world: SimulatedWorld, transitions: readonly Transition[]): string[] {
  const reached = new Set(world.pagerDuty.events.filter(({ action }) => action === "trigger").map(idOf));
  const superseded = new Set(
    world.outboxRows().flatMap((row) => (row.action === "trigger" && row.state === "superseded" ? [row.alertId] : [])),
  );
  return episodesOf(transitions)
    .map(({ firing }) => firing.alert.incident?.id ?? "none")
    .filter((id) => !reached.has(id) && !superseded.has(id))
    .map((id) => `the incident of ${id} began and nobody was told`);
}

function noIncidentStaysOpen(world: SimulatedWorld): string[] {
  return world.pagerDuty.incidents.all
    .filter(({ state }) => state !== "resolved")
    .map(({ dedupKey }) => `the incident ${dedupKey} is stuck open`);
}

function noResolveBeforeItsTrigger(world: SimulatedWorld, transitions: readonly Transition[]): string[] {
  const seen = new Set<string>();
  const openers = new Set(transitions.map(({ alert }) => alert.incident?.id));
  return world.pagerDuty.events.flatMap(({ action, alertId, dedupKey }) => {
    if (action === "trigger") seen.add(dedupKey);
    // After a crash on a full disk, what joins another's incident closes its own, which may never have been.
    const mayBeUnknown = world.options.mood === "faults" && !openers.has(alertId);
    return action === "resolve" && !mayBeUnknown && !seen.has(dedupKey) && !isSuperseded(world, alertId)
      ? [`${dedupKey} was resolved before it was triggered`]
      : [];
  });
}

function isSuperseded(world: SimulatedWorld, alertId: string): boolean {
  return world.outboxRows().some((row) => row.alertId === alertId && row.state === "superseded");
}

/** Each open of an incident is a page: there must not be more of them than episodes. */
function noEpisodeOpensTwoIncidents(world: SimulatedWorld, transitions: readonly Transition[]): string[] {
  const episodes = countBy(episodesOf(transitions).map(({ firing }) => firing.alert.dedupKey));
  const incidents = countBy(world.pagerDuty.incidents.all.map(({ dedupKey }) => dedupKey));
  return [...incidents].flatMap(([dedupKey, count]) => {
    const known = episodes.get(dedupKey) ?? 0;
    return count > known ? [`${dedupKey} was paged ${count} times for ${known} episode(s)`] : [];
  });
}

function oneDedupKeyForEachSeries(transitions: readonly Transition[]): string[] {
  const keys = new Map<string, string>();
  return transitions.flatMap(({ alert }) => {
    const series = `${alert.ruleId} ${alert.endpoint.route}`;
    const known = keys.get(series) ?? alert.dedupKey;
    keys.set(series, known);
    return known === alert.dedupKey ? [] : [`${series} has two dedup keys: ${known} and ${alert.dedupKey}`];
  });
}

function nothingIsLeftInTheOutbox(world: SimulatedWorld): string[] {
  return world
    .outboxRows()
    .filter(({ state }) => state === "pending" || state === "dead")
    .map(({ id, action, alertId, state }) => `the ${action} ${id} of ${alertId} is ${state}`);
}

export type Episode = { readonly firing: Transition; readonly end: Transition | null };

/** From the audit trail: each firing, with the resolve of the same alert. */
export function episodesOf(transitions: readonly Transition[]): readonly Episode[] {
  return transitions
    .filter(({ kind }) => kind === "firing")
    .map((firing) => ({
      firing,
      end: transitions.find(({ kind, alert }) => kind === "resolved" && alert.id === firing.alert.id) ?? null,
    }));
}

function idOf({ alertId }: { readonly alertId: string }): string {
  return alertId;
}

function countBy(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
