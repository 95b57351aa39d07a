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
import { countCause, isBetweenEpisodes } from "./alerts/cause-tally.ts";
import type { JudgeContext } from "./alerts/judge.ts";
import { judge, orphaned, rememberExample, ruleless } from "./alerts/judge.ts";
import type { SeriesCheckpoint } from "./alerts/series-checkpoint.ts";
import { checkpointOf } from "./alerts/series-checkpoint.ts";
import type { AlertMove } from "./alerts/settle.ts";
import { settle } from "./alerts/settle.ts";
import type { ActiveRule, Watch, WatchedSeries } from "./alerts/watch-table.ts";
import { WatchTable } from "./alerts/watch-table.ts";
import { Detector, needsTick } from "./detection/detector.ts";
import { WatchList } from "./detection/watch-list.ts";
import type { FailureMarks } from "./enrichment/enrich.ts";
import { Enricher } from "./enrichment/enrich.ts";
import { extractionKeys } from "./extraction/attribute-keys.ts";
import { isAuthenticationRoute } from "./extraction/authentication-route.ts";
import { ClientReader } from "./extraction/client-reader.ts";
import type { ClientSettings } from "./extraction/client-settings.ts";
import type { DeclaredSampling } from "./extraction/declared-sampling.ts";
import { EndpointTable } from "./extraction/endpoint-table.ts";
import { RequestJoiner } from "./extraction/joining/request-joiner.ts";
import type { Observation } from "./extraction/observation.ts";
import type { SamplingFinding } from "./extraction/service-sampling.ts";
import { ServiceSampling } from "./extraction/service-sampling.ts";
import { mayStandBetween, SpanExtractor } from "./extraction/span-extractor.ts";
import { SpanEdits } from "./otlp/span-edits.ts";
import type { SpanView } from "./otlp/span-view.ts";
import { TraceScanner } from "./otlp/trace-scanner.ts";
import { isFailure } from "./rules/failure-test.ts";
import type { Rule, RuleSet } from "./rules/rule.ts";
import { isEndpointField } from "./rules/rule.ts";
import type { Instant, UnixMillis } from "./time.ts";

export type { SeriesCheckpoint } from "./alerts/series-checkpoint.ts";

export type EngineSettings = {
  /** Secret of this installation: the same client keeps one fingerprint, and nobody else can compute it. */
  readonly clientKey: readonly [number, number, number, number];
  readonly endpointsPerServiceMax: number;
  readonly endpointsMax: number;
  /** Left out: shown hashed, and believed as senders tell them. */
  readonly clients?: ClientSettings;
  /** How services are sampled whose spans do not say so. */
  readonly sampling?: readonly DeclaredSampling[];
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
  readonly #settings: EngineSettings;
  readonly #edits = new SpanEdits();
  readonly #enricher = new Enricher();
  readonly #joiner: RequestJoiner;
  readonly #clients: ClientReader;
  readonly #sampling: ServiceSampling;
  /** Shared by all rules, so that the bound on watched series holds for the whole. */
  readonly #watchList = new WatchList();
  readonly #hot = new Set<WatchedSeries>();
  readonly #changed = new Set<WatchedSeries>();
  /** Those whose alert has changed since the last `checkpointAlerts`. */
  readonly #alerted = new Set<WatchedSeries>();
  #ruleSet: RuleSet;
  #table: WatchTable;
  #scanner: TraceScanner;
  #extractor: SpanExtractor;
  #now: UnixMillis = 0;
  /** When alerts of a former process were taken up, if ever. */
  #startedAt: UnixMillis = -Infinity;
  #isUrgent = false;

  constructor(settings: EngineSettings, ruleSet: RuleSet) {
    this.#settings = settings;
    // Part of the secret, so that nobody can choose names that crowd one place of the table.
    this.endpoints = new EndpointTable({ ...settings, hashSeed: settings.clientKey[0] });
    this.#joiner = new RequestJoiner(settings.clientKey[0]);
    this.#sampling = new ServiceSampling(settings.sampling);
    this.#clients = new ClientReader(settings.clientKey, settings.clients);
    this.#ruleSet = ruleSet;
    this.#table = new WatchTable(this.#activeRules(ruleSet));
    [this.#scanner, this.#extractor] = this.#readers();
  }

  get ruleSet(): RuleSet {
    return this.#ruleSet;
  }

  /** True while some series needs judging at every tick. */
  get isHot(): boolean {
    return this.#hot.size > 0;
  }

  get seriesCount(): number {
    return this.#table.seriesCount;
  }

  get watchedSeries(): Pick<WatchList, "watchedCount" | "demotedCount" | "refusedCount"> {
    return this.#watchList;
  }

  /** How spans that tell about one request together, or came again, were told from requests of their own. */
  get joinedRequests(): Pick<RequestJoiner, "heldCount" | "nestedCount" | "repeatedCount" | "overflowCount"> {
    return this.#joiner;
  }

  /** Signs that samplers distort what is seen. */
  samplingFindings(): Iterable<SamplingFinding> {
    return this.#sampling.findings();
  }

  get openAlertCount(): number {
    let count = 0;
    for (const { alert } of this.#hot) if (alert !== null) count += 1;
    return count;
  }

  series(): Iterable<WatchedSeries> {
    return this.#table.series();
  }

  /** Those in doubt: every series with an open alert is among them. */
  hotSeries(): Iterable<WatchedSeries> {
    return this.#hot;
  }

  /** Counts and marks one OTLP export request. The argument stays the caller's and is not changed. */
  ingest(bytes: Uint8Array, now: Instant): IngestResult {
    this.#now = now.steady;
    this.#isUrgent = false;
    this.#countReleased();
    this.#edits.reset(bytes);
    const scanned = this.#scanner.scan(bytes, this);
    this.#extractor.forgetRequest();
    if (scanned.kind === "malformed") return scanned;
    this.#settleBatch();
    return {
      kind: "ingested",
      bytes: this.#edits.apply(),
      spanCount: scanned.spanCount,
      rejectedSpanCount: scanned.invalidSpanCount,
      isUrgent: this.#isUrgent,
    };
  }

  /** The scanner's door: called by `ingest` for each valid span, in order. */
  span(view: SpanView): void {
    const observation = this.#extractor.extract(view);
    if (observation === null) {
      this.#passBy(view);
      return;
    }
    const counted = this.#joiner.admit(observation, this.#now);
    const { heldPart } = this.#joiner;
    if (heldPart !== null) {
      if (!observation.isMarked) heldPart.editPlace = this.#edits.reserve(view);
      return;
    }
    const marks = counted === null ? null : this.#count(counted);
    this.#edits.append(view, this.#enricher.attributesFor(observation, marks));
  }

  invalidSpan(view: SpanView): void {
    this.#edits.removeSpan(view);
  }

  /** Counts one recorded request. Returns whether a series has crossed its limit. */
  observe(observation: Observation, now: Instant): boolean {
    this.#now = now.steady;
    this.#isUrgent = false;
    this.#count(observation);
    return this.#isUrgent;
  }

  /** Judges every series in doubt. The effects are to be carried out in order. */
  tick(now: Instant): readonly Effect[] {
    this.#now = now.steady;
    this.#countReleased();
    const context = this.#judgeContext(now);
    for (const { detector } of this.#table.rules()) detector.updateContext(context.detection);
    const judged = [...this.#hot];
    const moves = judged.map((series) => judge(series, context));
    const effects = this.#settle(judged, moves, context);
    for (const series of judged) if (series.alert === null && !needsTick(series.state)) this.#cool(series);
    return effects;
  }

  /** Gives each series its alert as it stands after its move. */
  #settle(movers: readonly WatchedSeries[], moves: readonly AlertMove[], context: JudgeContext): readonly Effect[] {
    const { alerts, effects } = settle(moves, openAlerts(this.#hot), context);
    for (const [index, series] of movers.entries()) {
      series.alert = alerts[index] ?? null;
      if ((moves[index]?.advance.transitions.length ?? 0) > 0) this.#alerted.add(series);
    }
    return effects;
  }

  /** Takes another bundle. Series and alerts whose rule keeps its id and `per` go on as they are. */
  replaceRules(ruleSet: RuleSet, now: Instant): readonly Effect[] {
    const before = [...this.#table.series()];
    const rules = this.#activeRules(ruleSet);
    this.#ruleSet = ruleSet;
    const context = this.#judgeContext(now);
    const effects = this.#settleOrphans(context);
    const kept: WatchedSeries[] = [];
    for (const series of before) {
      const successor = rules.find(({ rule }) => rule.id === series.active.rule.id);
      if (successor !== undefined && hasSameSeries(successor.rule, series.active.rule)) {
        series.active = successor;
        kept.push(series);
      } else {
        this.#forget(series);
        this.#alerted.delete(series);
      }
    }
    this.#table = new WatchTable(rules, kept);
    [this.#scanner, this.#extractor] = this.#readers();
    return effects;
  }

  /** How many series have learned something since they were last handed out. */
  get changedSeriesCount(): number {
    return this.#changed.size;
  }

  /** What at most `limit` of them have learned, the longest unwritten first. */
  checkpoint(limit: number): readonly SeriesCheckpoint[] {
    const checkpoints: SeriesCheckpoint[] = [];
    for (const series of this.#changed) {
      if (checkpoints.length >= limit) break;
      checkpoints.push(this.#handOut(series));
    }
    return checkpoints;
  }

  /** The same for the series whose alerts have changed since the last call, all of them. */
  checkpointAlerts(): readonly SeriesCheckpoint[] {
    const checkpoints = [...this.#alerted].map((series) => this.#handOut(series));
    this.#alerted.clear();
    return checkpoints;
  }

  /** Checkpoints that could not be kept: they will be handed out again. */
  takeBack(checkpoints: readonly SeriesCheckpoint[]): void {
    for (const { ruleId, values } of checkpoints) {
      const series = this.#table.find(ruleId, values);
      if (series !== undefined) this.#markChanged(series);
    }
  }

  /** Goes on from what an earlier engine has learned. To be called before anything is ingested. */
  restoreSeries(checkpoint: SeriesCheckpoint, now: Instant): "restored" | "rule_gone" {
    const active = this.#table.ruleById(checkpoint.ruleId);
    if (active === undefined || !isSameList(active.rule.per, checkpoint.per)) return "rule_gone";
    const endpoint = this.endpoints.intern(checkpoint.endpoint);
    const state = active.detector.restore(checkpoint.state, now.steady);
    const series = this.#table.add({ active, endpoint, values: checkpoint.values, state });
    if (needsTick(series.state)) this.#heat(series);
    return "restored";
  }

  /** Takes up the alerts that were open. Those whose rule is gone are resolved. */
  restoreAlerts(alerts: readonly Alert[], now: Instant): readonly Effect[] {
    this.#startedAt = now.steady;
    const context = this.#judgeContext(now);
    const homeless = alerts.filter((alert) => !this.#restoreAlert(alert, now));
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
    const series = this.#table.find(alert.ruleId, values) ?? this.#reopen(active, values, alert, now);
    series.alert = alert;
    this.#heat(series);
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

  /** The series of an alert whose checkpoint is missing: it begins anew, and the alert keeps its place. */
  #reopen(active: ActiveRule, values: readonly string[], alert: Alert, now: Instant): WatchedSeries {
    const endpoint = this.endpoints.intern(alert.endpoint);
    const traits = { isAuthenticationRoute: isAuthenticationRoute(endpoint.route) };
    return this.#table.add({ active, endpoint, values, state: active.detector.createSeries(now.steady, traits) });
  }

  /** Counts the requests that have waited long enough for further spans. */
  #countReleased(): void {
    if (this.#joiner.heldCount === 0) return;
    for (const request of this.#joiner.release(this.#now)) this.#count(request);
  }

  /** A span that is no request says at least how those that are lie within each other. */
  #passBy(view: SpanView): void {
    if (mayStandBetween(view)) this.#joiner.passBetween(view, this.#extractor.scopeOf(view), this.#now);
  }

  /** Counts and marks the requests whose spans had to wait for the rest of their batch. */
  #settleBatch(): void {
    for (const { counted, marks } of this.#joiner.settle(this.#now)) {
      const figures = counted === null ? null : this.#count(counted);
      for (const mark of marks) {
        const attributes = this.#enricher.attributesFor({ ...mark, isMarked: false }, mark.isCounted ? figures : null);
        this.#edits.fill(mark.editPlace, attributes);
      }
    }
  }

  /** Returns what a failed request is marked with, null for any other. */
  #count(observation: Observation): FailureMarks | null {
    let marks: FailureMarks | null = null;
    for (const watch of this.#table.watchesOf(observation.endpoint, this.#now)) {
      const series = this.#table.seriesOf(watch, observation, this.#now);
      if (series === undefined) continue;
      if (this.#observe(watch, series, observation)) marks ??= this.#marksOf(series);
    }
    return marks;
  }

  /** Returns whether the request counts as a failure for the rule. */
  #observe(watch: Watch, series: WatchedSeries, observation: Observation): boolean {
    const { rule, detector } = watch.active;
    const { client, weight } = observation;
    const isFailed = isFailure(rule.count, observation);
    let needsJudging = false;
    if (isFailed) {
      if (isBetweenEpisodes(series.state)) series.causes.length = 0;
      countCause(series.causes, observation.cause, weight);
      needsJudging = detector.observeFailure(series.state, client, weight, this.#now);
      rememberExample(series, { traceId: observation.traceId(), spanId: observation.spanId() });
    } else if (observation.outcome === "ok") {
      needsJudging = detector.observeSuccess(series.state, client, weight, this.#now);
    } else {
      // Neither a success nor this rule's failure: a scanner's 404s must not thin out an attack.
      return false;
    }
    if (needsJudging) {
      this.#isUrgent = true;
      this.#heat(series);
    }
    this.#markChanged(series);
    return isFailed;
  }

  #marksOf(series: WatchedSeries): FailureMarks {
    const reading = series.active.detector.reading(series.state, this.#now);
    const isFiring = series.alert?.state === "firing";
    return {
      rate: reading.rate,
      baseline: reading.usual,
      deviation: reading.deviation,
      alertId: isFiring ? (series.alert?.id ?? null) : null,
    };
  }

  #handOut(series: WatchedSeries): SeriesCheckpoint {
    this.#changed.delete(series);
    series.isChanged = false;
    return checkpointOf(series);
  }

  #forget(series: WatchedSeries): void {
    this.#hot.delete(series);
    this.#changed.delete(series);
    if (series.state.watch !== null) this.#watchList.demote(series.state, series.state.watch);
  }

  #markChanged(series: WatchedSeries): void {
    if (series.isChanged) return;
    series.isChanged = true;
    this.#changed.add(series);
  }

  #heat(series: WatchedSeries): void {
    if (series.isHot) return;
    series.isHot = true;
    this.#hot.add(series);
  }

  #cool(series: WatchedSeries): void {
    series.isHot = false;
    this.#hot.delete(series);
  }

  #judgeContext(now: Instant): JudgeContext {
    const { budget } = this.#ruleSet;
    return {
      ruleSet: this.#ruleSet,
      now,
      startedAt: this.#startedAt,
      nameOfClient: (client) => this.#clients.nameOf(client),
      detection: {
        budgetFalsePages: budget.falsePages,
        budgetPerMs: budget.perMs,
        activeSeriesCount: this.#table.seriesCount,
      },
    };
  }

  #activeRules({ rules }: RuleSet): readonly ActiveRule[] {
    return rules.map((rule) => ({
      rule,
      detector: new Detector(rule.detector, { windowMs: rule.windowMs, watchList: this.#watchList }),
    }));
  }

  #readers(): [TraceScanner, SpanExtractor] {
    this.#joiner.attributeKeys = attributeKeys(this.#ruleSet.rules);
    const keys = extractionKeys(this.#joiner.attributeKeys);
    const { clientKey } = this.#settings;
    return [new TraceScanner(keys), new SpanExtractor({ clientKey, endpoints: this.endpoints, clients: this.#clients, sampling: this.#sampling })];
  }
}

function openAlerts(seriesList: Iterable<WatchedSeries>): readonly Alert[] {
  return [...seriesList].flatMap(({ alert }) => (alert === null ? [] : [alert]));
}

/** Attributes that some rule matches on or groups by: the scanner picks up no others. */
function attributeKeys(rules: readonly Rule[]): readonly string[] {
  const keys = rules.flatMap(({ match, per }) => [...match.attributes.map(({ field }) => field), ...per]);
  return [...new Set(keys)].filter((key) => !isEndpointField(key));
}

function hasSameSeries(left: Rule, right: Rule): boolean {
  return isSameList(left.per, right.per);
}

function isSameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}
