/**
 * A series as plain data that survives JSON and a restart.
 *
 * A restored series decides exactly as the stored one would have. Time that passed while nobody was
 * watching is not learned as silence, and ends no alarm.
 */
import type { UnixMillis } from "../time.ts";
import { MINUTE_MS } from "../time.ts";
import type { Alarm } from "./alarm.ts";
import { resumeAlarm } from "./alarm.ts";
import type { Baseline } from "./baseline.ts";
import type { Evidence } from "./evidence.ts";
import { clearOpenStretch } from "./learning-queue.ts";
import { skipQuiet } from "./quiet.ts";
import type { StoredRecentClients } from "./recent-clients.ts";
import { copyClients, restoredClients, storedClients } from "./recent-clients.ts";
import type { StoredSeason } from "./season.ts";
import { readSeason, storeSeason } from "./season.ts";
import type { SeasonPlace } from "./seasons.ts";
import type { Series, Watch } from "./series.ts";
import { createSeries } from "./series.ts";

const SNAPSHOT_VERSION = 13;

export type SeriesSnapshot = {
  readonly version: number;
  readonly series: StoredSeries;
  readonly season: StoredSeason | null;
  readonly seasonWaitsUntil: UnixMillis | null;
};

type StoredWatch = Omit<Watch, "clients"> & { readonly clients: StoredRecentClients };
type StoredSeries = Readonly<Omit<Series, "watch">> & { readonly watch: StoredWatch | null };

export function takeSnapshot(series: Series, { season, waitsUntil }: SeasonPlace): SeriesSnapshot {
  return {
    version: SNAPSHOT_VERSION,
    series: storedSeries(series),
    season: season === null ? null : storeSeason(season),
    seasonWaitsUntil: waitsUntil,
  };
}

/** The season goes with its series. */
export function readSeasonPlace({ season, seasonWaitsUntil, version }: SeriesSnapshot): SeasonPlace {
  if (version !== SNAPSHOT_VERSION) return { season: null, waitsUntil: null };
  return { season: season === null ? null : readSeason(season), waitsUntil: seasonWaitsUntil };
}

/** A snapshot of another version starts anew: its numbers would mean something else. */
export function readSnapshot(snapshot: SeriesSnapshot, now: UnixMillis): Series {
  if (snapshot.version !== SNAPSHOT_VERSION) return createSeries(now, snapshot.series);
  const series = restoredSeries(snapshot.series);
  skipAbsence(series, now);
  return series;
}

function skipAbsence(series: Series, now: UnixMillis): void {
  if (series.watch === null) skipQuiet(series, now);
  else skipWatched(series.watch, now);
}

function skipWatched(watch: Watch, now: UnixMillis): void {
  const { alarm, queue } = watch;
  // An alarm is only silent when somebody has listened for ten minutes.
  if (alarm !== null) watch.lastOutcomeAt = now;
  // An open stretch is never older than a minute while somebody is watching.
  if (now - queue.openSince <= MINUTE_MS) return;
  clearOpenStretch(queue);
  queue.openSince = now;
  if (alarm !== null) resumeAlarm(alarm, now);
}

/** Shares nothing with the series: what happens to one does not happen to the other. */
export function copySeries(series: Readonly<Series>): Series {
  const { memory, watch } = series;
  return {
    ...series,
    watch: watch === null ? null : { ...copyWatch(watch), clients: copyClients(watch.clients) },
    memory: memory === null ? null : [...memory],
  };
}

function storedSeries(series: Readonly<Series>): StoredSeries {
  const { memory, watch } = series;
  return {
    ...series,
    watch: watch === null ? null : { ...copyWatch(watch), clients: storedClients(watch.clients) },
    memory: memory === null ? null : [...memory],
  };
}

function restoredSeries(stored: StoredSeries): Series {
  const { memory, watch } = stored;
  return {
    ...stored,
    watch: watch === null ? null : { ...copyWatch(watch), clients: restoredClients(watch.clients) },
    memory: memory === null ? null : [...memory],
  };
}

function copyWatch(watch: Omit<Watch, "clients">): Omit<Watch, "clients"> {
  return {
    ...watch,
    baseline: copyBaseline(watch.baseline),
    former: watch.former === null ? null : { ...watch.former, baseline: copyBaseline(watch.former.baseline) },
    queue: { ...watch.queue, open: { ...watch.queue.open }, waiting: [...watch.queue.waiting] },
    candidate: { ...watch.candidate },
    evidence: copyEvidence(watch.evidence),
    excursions: { ...watch.excursions },
    crowd: { ...watch.crowd },
    residents: watch.residents.map((resident) => ({ ...resident })),
    successVotes: { ...watch.successVotes },
    weights: { ...watch.weights },
    pace: { ...watch.pace },
    window: { ...watch.window, requests: [...watch.window.requests], failures: [...watch.window.failures] },
    fastRatio: { ...watch.fastRatio },
    alarm: watch.alarm === null ? null : copyAlarm(watch.alarm),
  };
}

function copyAlarm(alarm: Alarm): Alarm {
  return { ...alarm, calm: alarm.calm === null ? null : { ...alarm.calm } };
}

function copyEvidence(evidence: Evidence): Evidence {
  const { surplus } = evidence;
  return {
    ...evidence,
    shiryaevRoberts: [...evidence.shiryaevRoberts],
    cusum: [...evidence.cusum],
    failureGain: [...evidence.failureGain],
    successGain: [...evidence.successGain],
    successFactor: [...evidence.successFactor],
    surplus: { ...surplus, excesses: [...surplus.excesses], lull: { ...surplus.lull } },
  };
}

function copyBaseline(baseline: Baseline): Baseline {
  return {
    ...baseline,
    spread: { ...baseline.spread },
  };
}
