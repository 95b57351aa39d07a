/**
 * Joins the rooms of the core: bytes go in, marked bytes and effects come out.
 *
 * Two loops share one memory. `ingest` runs for every request and only counts and marks; `tick`
 * judges and says what should happen next. Nothing in here reads a clock or waits: the same calls
 * with the same arguments give the same results, which is what lets a test play a day in a second.
 *
 * The engine owns mutable tables. What is promised is determinism, and `checkpoint` with `restore`
 * proves it: an engine that was stopped and restored decides as one that never stopped.
 */
import type { Alert, Effect } from "./alerts/alert.ts";
import type { BlockCheckpoint } from "./alerts/block-checkpoint.ts";
import { storedBlockOf } from "./alerts/block-checkpoint.ts";
import { explainEndpoint } from "./alerts/explaining/explain-endpoint.ts";
import type { EndpointExplanation } from "./alerts/explaining/explanation.ts";
import { HotSeries } from "./alerts/hot-series.ts";
import type { JudgeContext } from "./alerts/judge.ts";
import { judge, orphaned, ruleless } from "./alerts/judge.ts";
import { RequestCounter } from "./alerts/request-counter.ts";
import { fleetOf, withDetectors } from "./alerts/rules-in-force.ts";
import type { Checkpoint, GrownAlert, SeriesCheckpoint, StoredCheckpoint } from "./alerts/series-checkpoint.ts";
import { withGrowth } from "./alerts/series-checkpoint.ts";
import type { AlertMove } from "./alerts/settle.ts";
import { settle } from "./alerts/settle.ts";
import type { SignInCounter } from "./alerts/takeover/sign-in-counter.ts";
import { Unwritten } from "./alerts/unwritten.ts";
import { ToldIncidents } from "./alerts/updates.ts";
import { isSameList, WatchTable } from "./alerts/watch-table.ts";
import type { WatchedSeries } from "./alerts/watched-series.ts";
import { needsTick } from "./detection/detector.ts";
import { Seasons } from "./detection/seasons.ts";
import { WatchList } from "./detection/watch-list.ts";
import { Enricher } from "./enrichment/enrich.ts";
import type { SpanReading } from "./enrichment/span-marker.ts";
import { SpanMarker } from "./enrichment/span-marker.ts";
import type { RefusalEvidence } from "./extraction/causes/refusal-evidence.ts";
import type { Endpoint } from "./extraction/endpoint.ts";
import { EndpointTable } from "./extraction/endpoint-table.ts";
import type { ExtractionOptions } from "./extraction/extraction-memory.ts";
import { ExtractionMemory } from "./extraction/extraction-memory.ts";
import type { RequestJoiner } from "./extraction/joining/request-joiner.ts";
import type { Observation } from "./extraction/observation.ts";
import type { TraceScanner } from "./otlp/trace-scanner.ts";
import { attributeKeysOf } from "./rules/match.ts";
import type { RuleSet } from "./rules/rule.ts";
import { watchesSide } from "./rules/rule.ts";
import type { Instant, UnixMillis } from "./time.ts";

export type { Checkpoint, SeriesCheckpoint, StoredCheckpoint } from "./alerts/series-checkpoint.ts";

export type EngineSettings = ExtractionOptions & {
  readonly endpointsPerServiceMax: number;
  readonly endpointsMax: number;
};

/** What becomes of one request of spans. */
export type IngestResult =
  | { readonly kind: "malformed"; readonly message: string }
  | {
      readonly kind: "ingested";
      /** The request with marks added and invalid spans taken out; the same array when nothing changed. */
      readonly bytes: Uint8Array;
      readonly spanCount: number;
      readonly rejectedSpanCount: number;
      /** A series has crossed its limit: judge now instead of at the next beat. */
      readonly isUrgent: boolean;
    };

export class Engine {
  readonly endpoints: EndpointTable;
  readonly #enricher = new Enricher();
  readonly #marker: SpanMarker;
  readonly #extraction: ExtractionMemory;
  /** By all rules, so that the bounds on watched series and on seasons hold for the whole. */
  readonly #shared = { watchList: new WatchList(), seasons: new Seasons() };
  readonly #hot = new HotSeries();
  readonly #table: WatchTable;
  readonly #unwritten: Unwritten;
  readonly #counter: RequestCounter;
  #ruleSet: RuleSet;
  readonly #fleet = fleetOf(
    () => this.#ruleSet,
    () => this.#rateSeriesCount,
  );
  #scanner: TraceScanner;
  #reading: SpanReading;
  #now: UnixMillis = 0;
  /** When this engine took over from one that may have paged and could not record it; -Infinity when none did. */
  #inDoubtSince: UnixMillis = -Infinity;
  /** By the alert's id: from checkpoints, until alerts are restored. */
  readonly #grownAlerts = new Map<string, GrownAlert>();

  constructor(settings: EngineSettings, ruleSet: RuleSet) {
    // Part of the secret, so that nobody can choose names that crowd one place of the table.
    this.endpoints = new EndpointTable({ ...settings, hashSeed: settings.clientKey[0] });
    this.#extraction = new ExtractionMemory(settings, this.endpoints);
    this.#ruleSet = ruleSet;
    this.#table = new WatchTable({
      endpoints: this.endpoints,
      onBlockChanged: (block) => this.#unwritten.addBlock(block),
      onDropped: (series) => this.#forget(series),
    });
    this.#unwritten = new Unwritten(this.#table);
    const { endpoints } = this;
    this.#counter = new RequestCounter({ endpoints, table: this.#table, hot: this.#hot, unwritten: this.#unwritten });
    this.endpoints.dependents = {
      mayForget: (endpoint) => this.#table.dependingOn(endpoint).every(({ isHot }) => !isHot),
      forget: (endpoint) => {
        this.#table.forget(endpoint);
        this.#enricher.forget(endpoint);
      },
    };
    this.#putInForce(ruleSet);
    [this.#scanner, this.#reading] = this.#readers();
    const hashSeed = settings.clientKey[0];
    this.#marker = new SpanMarker({ counter: this.#counter, enricher: this.#enricher, hashSeed }, this.#reading);
  }

  get ruleSet(): RuleSet {
    return this.#ruleSet;
  }

  /** True while a tick could change something: a series is in doubt, or a request waits for its other spans. */
  get needsTicks(): boolean {
    return this.#hot.size > 0 || this.#marker.heldCount > 0;
  }

  get seriesCount(): number {
    return this.#table.seriesCount;
  }

  /** The hours of the week that series know: how many do, and how many found no place. */
  get seasons(): Pick<Seasons, "heldCount" | "refusedCount"> {
    return this.#shared.seasons;
  }

  get watchedSeries(): Pick<WatchList, "watchedCount" | "demotedCount" | "refusedCount"> {
    return this.#shared.watchList;
  }

  /** How spans that tell about one request together, or came again, were told from requests of their own. */
  get joinedRequests(): Pick<RequestJoiner, "heldCount" | "nestedCount" | "repeatedCount" | "overflowCount"> {
    return this.#marker.requests;
  }

  /** Who had failed at a sign-in and was not kept in sight, because too many had. */
  get signIns(): Pick<SignInCounter, "watchCount" | "displacedCount"> {
    return this.#counter.signIns;
  }

  /** What was said about refused requests by others than their own spans. */
  get refusalEvidence(): Pick<RefusalEvidence, "heardCount" | "displacedCount"> {
    return this.#extraction.evidence;
  }

  /** What is known of whoever sends: how they sample, and how they are instrumented. */
  get senders(): Pick<ExtractionMemory, "findingCounts" | "instrumentationReport" | "samplingFindings"> {
    return this.#extraction;
  }

  get openAlertCount(): number {
    return this.#hot.openAlerts().length;
  }

  series(): Iterable<WatchedSeries> {
    return this.#table.series();
  }

  /** What the rules, or one of them, make of an endpoint, and why. */
  explain(endpoint: Endpoint, ruleId: string | null, now: Instant): EndpointExplanation {
    return explainEndpoint(endpoint, { table: this.#table, ruleId }, this.#judgeContext(now));
  }

  /** Those in doubt: every series with an open alert is among them. */
  hotSeries(): Iterable<WatchedSeries> {
    return this.#hot;
  }

  /** Counts and marks one OTLP export request. The argument stays the caller's and is not changed. */
  ingest(bytes: Uint8Array, now: Instant): IngestResult {
    this.#advanceTo(now);
    this.#counter.isUrgent = false;
    this.#marker.begin(bytes, this.#now);
    const scanned = this.#scanner.scan(bytes, this.#marker);
    this.#reading.extractor.forgetRequest();
    if (scanned.kind === "malformed") return scanned;
    return {
      kind: "ingested",
      bytes: this.#marker.end(),
      spanCount: scanned.spanCount,
      rejectedSpanCount: scanned.invalidSpanCount,
      isUrgent: this.#counter.isUrgent,
    };
  }

  /** Hears what log records say about refused requests; `bytes` are a logs request that is known to be well formed. */
  hearLogs(bytes: Uint8Array): void {
    this.#extraction.hearLogs(bytes);
  }

  /** Counts one recorded request. Returns whether a series has crossed its limit. */
  observe(observation: Observation, now: Instant): boolean {
    this.#advanceTo(now);
    this.#counter.isUrgent = false;
    this.#counter.count(observation, this.#now);
    return this.#counter.isUrgent;
  }

  /** Judges every series in doubt. The effects are to be carried out in order. */
  tick(now: Instant): readonly Effect[] {
    this.#advanceTo(now);
    this.#marker.release(this.#now);
    const context = this.#judgeContext(now);
    const judged = [...this.#hot];
    const moves = judged.map((series) => judge(series, context));
    const effects = this.#settle(judged, moves, context);
    for (const series of judged) if (series.alert === null && !needsTick(series.state)) this.#hot.remove(series);
    return effects;
  }

  /** Gives each series its alert as it stands after its move. */
  #settle(movers: readonly WatchedSeries[], moves: readonly AlertMove[], context: JudgeContext): readonly Effect[] {
    const { alerts, effects } = settle(moves, this.#hot.openAlerts(), context);
    for (const [index, series] of movers.entries()) {
      series.alert = alerts[index] ?? null;
      if ((moves[index]?.advance.transitions.length ?? 0) > 0) this.#unwritten.markAlerted(series);
    }
    return effects;
  }

  /** Takes another bundle. Series and alerts whose rule keeps its id and `per` go on as they are. */
  replaceRules(ruleSet: RuleSet, now: Instant): readonly Effect[] {
    this.#ruleSet = ruleSet;
    const effects = this.#settleOrphans(this.#judgeContext(now));
    this.#putInForce(ruleSet);
    [this.#scanner, this.#reading] = this.#readers();
    this.#marker.readWith(this.#reading);
    return effects;
  }

  /** How many checkpoints are due. */
  get dueCheckpointCount(): number {
    return this.#unwritten.count;
  }

  /** At most `limit` of what series have learned since it was last handed out, the longest unwritten first. */
  checkpoint(limit: number): readonly Checkpoint[] {
    return this.#unwritten.take(limit);
  }

  /** The same for the series whose alerts have changed since the last call, all of them. */
  checkpointAlerts(): readonly Checkpoint[] {
    return this.#unwritten.takeAlerted();
  }

  /** Checkpoints that could not be kept: they will be handed out again. */
  takeBack(checkpoints: readonly Checkpoint[]): void {
    this.#unwritten.takeBack(checkpoints);
  }

  /**
   * Goes on from what an earlier engine has learned. To be called before anything is ingested, with blocks
   * before single series; pages of known clients come at any time.
   */
  restore(checkpoint: StoredCheckpoint, now: Instant): "restored" | "rule_gone" {
    this.#advanceTo(now);
    switch (checkpoint.kind) {
      case "block":
        return this.#restoreBlock(checkpoint);
      case "series":
        return this.#restoreSeries(checkpoint);
      case "known_clients":
        this.#counter.knownClients.restore(checkpoint, this.#now);
        return "restored";
    }
  }

  #restoreBlock(checkpoint: BlockCheckpoint): "restored" | "rule_gone" {
    const stored = storedBlockOf(checkpoint, this.#table);
    if (stored.owners.every((owner) => owner === null)) return "rule_gone";
    this.#table.rows.restore(stored, this.#now);
    return "restored";
  }

  #restoreSeries(checkpoint: SeriesCheckpoint): "restored" | "rule_gone" {
    const { per, ruleId, standing, values } = checkpoint;
    const active = this.#table.ruleById(ruleId);
    if (active === undefined || !isSameList(active.rule.per, per)) return "rule_gone";
    const endpoint = this.endpoints.intern(checkpoint.endpoint, standing === "kept" ? "declared" : "observed");
    const state = active.detector.restore(checkpoint.state, this.#now);
    const series = this.#table.restore({ active, endpoint, values, state }, this.#now);
    if (active.rule.detector.kind === "takeover") this.#counter.signIns.restore(series, checkpoint.signIns);
    if (needsTick(series.state)) this.#hot.add(series);
    if (checkpoint.grown !== undefined) this.#grownAlerts.set(checkpoint.grown.id, checkpoint.grown);
    return "restored";
  }

  /**
   * Takes up the alerts that were open. Those whose rule is gone are resolved. `record` is whether all that
   * the former engine did is known here.
   */
  restoreAlerts(
    alerts: readonly Alert[],
    now: Instant,
    record: "complete" | "in_doubt" = "complete",
  ): readonly Effect[] {
    this.#advanceTo(now);
    if (record === "in_doubt") this.#inDoubtSince = now.steady;
    const context = this.#judgeContext(now);
    const homeless = alerts.filter((alert) => !this.#restoreAlert(alert, now));
    this.#grownAlerts.clear();
    const { effects } = settle(
      homeless.map((alert) => ruleless(alert, context)),
      alerts,
      context,
    );
    return [...effects, ...this.#settleOrphans(context)];
  }

  /** False when its rule is gone. */
  #restoreAlert(alert: Alert, now: Instant): boolean {
    const active = this.#table.ruleById(alert.ruleId);
    if (active === undefined) return false;
    const values = active.rule.per.map((field) => alert.labels[field] ?? "");
    // When its checkpoint is missing the series begins anew, and the alert keeps its place.
    const endpoint = this.endpoints.intern(alert.endpoint, "declared");
    const series = this.#table.reopen({ active, endpoint, values }, now.steady);
    series.alert = withGrowth(alert, this.#grownAlerts.get(alert.id));
    this.#hot.add(series);
    return true;
  }

  /** Ends the alerts for which the rules in force have no place any more. */
  #settleOrphans(context: JudgeContext): readonly Effect[] {
    const orphans = [...this.#hot].flatMap((series) => {
      const move = orphaned(series, context);
      return move === null ? [] : [{ series, move }];
    });
    return this.#settle(
      orphans.map(({ series }) => series),
      orphans.map(({ move }) => move),
      context,
    );
  }

  /** The series is gone from the table. */
  #forget(series: WatchedSeries): void {
    this.#hot.remove(series);
    this.#unwritten.forget(series);
    this.#counter.signIns.forget(series);
    series.active.detector.forget(series.state);
  }

  #advanceTo(now: Instant): void {
    this.#now = now.steady;
    this.endpoints.advanceTo(now.steady);
    this.#extraction.watch.advanceTo(now);
  }

  #judgeContext(now: Instant): JudgeContext {
    const { clients } = this.#extraction;
    return {
      ruleSet: this.#ruleSet,
      now,
      inDoubtSince: this.#inDoubtSince,
      shown: {
        client: (client) => clients.nameOf(client),
        user: (user) => clients.nameOfUser(user),
        session: (session) => clients.nameOfSession(session),
      },
      detection: this.#fleet,
      scans: this.#counter.scans,
      toldIncidents: new ToldIncidents(() => this.#hot.openAlerts()),
    };
  }

  /** Without those that are watched for takeovers, which have no rate to judge. */
  get #rateSeriesCount(): number {
    return this.#table.seriesCount - this.#counter.signIns.watchCount;
  }

  #putInForce(ruleSet: RuleSet): void {
    this.#table.replaceRules(withDetectors(ruleSet, { fleet: this.#fleet, shared: this.#shared }));
  }

  #readers(): [TraceScanner, SpanReading] {
    const { rules } = this.#ruleSet;
    const attributeKeys = attributeKeysOf(rules);
    const [scanner, extractor] = this.#extraction.readersOf(attributeKeys);
    const areCallsWatched = rules.some((rule) => watchesSide(rule, "client"));
    return [scanner, { extractor, attributeKeys, areCallsWatched }];
  }
}
