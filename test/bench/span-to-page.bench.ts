/**
 * How long a page takes: from the arrival of the request that completes the evidence until PagerDuty
 * is called.
 *
 * The service runs in a process of its own and a steady load comes from another. This process attacks
 * endpoints that the load leaves alone, one span a request, and plays PagerDuty, so both ends are timed
 * by one clock. Which request completed the evidence is read off the page: it names the traces that
 * failed, newest last, and an endpoint's next request follows no sooner than `GAP_MS`. The time starts
 * before that request is handed to the client and ends when the call's head has arrived: sending is in
 * it, so the figures are upper bounds.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setTimeout as delay } from "node:timers/promises";
import { PagerDutyTwin } from "../../src/io/stand-ins/pagerduty-twin.ts";
import { Random } from "../support/random.ts";
import type { Row, Table } from "./bench.ts";
import type { LoadReport } from "./load.ts";
import { Load } from "./load.ts";
import type { OtlpSender, Protocol } from "./otlp-sender.ts";
import { openSender, PROTOCOLS } from "./otlp-sender.ts";
import { quantile } from "./quantiles.ts";
import type { Receivers } from "./service-process.ts";
import { ServiceProcess } from "./service-process.ts";
import { shippedRuleFiles } from "./shipped-rules.ts";
import { encodeTraces, serverSpan } from "./trace-batches.ts";

export const name = "span-to-page";
export const description = "from the request that completes the evidence to the call to PagerDuty";
export const pace = "long";

const LOADS_SPANS_PER_SECOND = [1_000, 20_000];
const PAGES_PER_PROTOCOL = 100;
const ATTACKS_AT_ONCE = 25;
/** Between the requests of an attack: longer than any page is expected to take. */
const GAP_MS = 250;
const ATTACK_REQUESTS_MAX = 100;
const WARM_UP_SECONDS = 15;
const WARM_UP_REQUESTS_PER_SECOND = 10;
/** PagerDuty's limit for one key would hold pages back: each service has a key of its own. */
const SERVICES = 20;
const REQUEST_STARTED = "http.server.request.start";

export async function* run(): AsyncGenerator<Table> {
  for (const spansPerSecond of LOADS_SPANS_PER_SECOND) yield await measureUnderLoad(spansPerSecond);
}

/** Each in an environment of its own: alarms of one environment that begin together are one page. */
type Attack = {
  readonly service: string;
  readonly environment: string;
  readonly route: string;
  readonly protocol: Protocol;
};
type PageTiming = { readonly attack: Attack; readonly latencyMs: number; readonly isExact: boolean };
/** `acknowledgedMs`: of every request of the attacks, which is what the machine and the network take anyway. */
type Timings = { readonly pages: readonly PageTiming[]; readonly acknowledgedMs: readonly number[] };

async function measureUnderLoad(spansPerSecond: number): Promise<Table> {
  await using twin = new PagerDutyTwin();
  await twin.start();
  await using service = await ServiceProcess.start({ settings: { log: { level: "warn" } }, rules: rulesPaging(twin) });
  const load = await startLoad(service.receivers, spansPerSecond);
  const attacks = PROTOCOLS.flatMap((protocol) => attacksOver(protocol));
  const { pages, acknowledgedMs } = await timePages(attacks, twin, service.receivers);
  const report = await load.stop();
  return {
    title: `${spansPerSecond} spans a second meanwhile, in batches of 100 over HTTP`,
    columns: ["count", "p50 ms", "p90 ms", "p99 ms", "max ms"],
    rows: [
      ...PROTOCOLS.map((protocol) => rowOf(`page, attack over ${protocol}`, latenciesOf(pages, protocol))),
      rowOf("page, both", latenciesOf(pages, null)),
      rowOf("acknowledgement of the attacks' requests", acknowledgedMs),
    ],
    notes: notesOn(report, pages, attacks.length),
  };
}

function rulesPaging(twin: PagerDutyTwin): Readonly<Record<string, string>> {
  const services = Array.from({ length: SERVICES }, (_, index) => index);
  const notifiers = services.map((index) => {
    const routingKey = index.toString(16).padStart(32, "0");
    return `  pager-${index}: {pagerduty: {routing_key: "${routingKey}", url: "${twin.url}"}}`;
  });
  const routes = services.map((index) => `  - {match: {service: service-${index}}, notify: [pager-${index}]}`);
  const text = ["version: 1", "notifiers:", ...notifiers, "routes:", ...routes, "  - {notify: [log]}", ""].join("\n");
  return { ...shippedRuleFiles(), "notify.yaml": text };
}

/** On other services: its own failures must not page. */
function startLoad({ httpUrl }: Receivers, spansPerSecond: number): Promise<Load> {
  return Load.start({
    endpoint: httpUrl,
    protocol: "http/protobuf",
    spansPerSecond,
    batches: {
      spansPerBatch: 100,
      batchCount: 200,
      endpointCount: 1_000,
      serverShare: 1,
      failureShare: 0.05,
      servicePrefix: "fleet",
    },
  });
}

function attacksOver(protocol: Protocol): readonly Attack[] {
  return Array.from({ length: PAGES_PER_PROTOCOL }, (_, index) => ({
    service: `service-${index % SERVICES}`,
    environment: `${protocol}-${index}`,
    route: `/${protocol === "grpc" ? "calls" : "posts"}/${letters(index)}`,
    protocol,
  }));
}

async function timePages(attacks: readonly Attack[], twin: PagerDutyTwin, receivers: Receivers): Promise<Timings> {
  const senders = {
    "http/protobuf": await openSender("http/protobuf", receivers.httpUrl, ATTACKS_AT_ONCE),
    grpc: await openSender("grpc", receivers.grpcUrl, ATTACKS_AT_ONCE),
  };
  using pages = new PageArrivals(twin);
  const random = new Random(1);
  await warmUp(attacks, senders["http/protobuf"], random);
  const timings: PageTiming[] = [];
  const acknowledgedMs: number[] = [];
  const waiting = [...attacks];
  const attackInTurn = async () => {
    for (let attack = waiting.shift(); attack !== undefined; attack = waiting.shift()) {
      const timing = await timeOnePage(attack, { sender: senders[attack.protocol], pages, random, acknowledgedMs });
      if (timing !== null) timings.push(timing);
    }
  };
  await Promise.all(
    Array.from({ length: ATTACKS_AT_ONCE }, async (_, index) => {
      await delay((index * GAP_MS) / ATTACKS_AT_ONCE);
      await attackInTurn();
    }),
  );
  await Promise.all(Object.values(senders).map((sender) => sender.close()));
  return { pages: timings, acknowledgedMs };
}

/** The usual traffic of the endpoints to be attacked, 3 % of it failed. */
async function warmUp(attacks: readonly Attack[], sender: OtlpSender, random: Random): Promise<void> {
  for (let second = 0; second < WARM_UP_SECONDS; second++) {
    for (const { environment, route, service } of attacks) {
      const requests = Array.from({ length: WARM_UP_REQUESTS_PER_SECOND }, () => random.chance(0.03));
      const spans = requests.map((isFailed) => serverSpan(route, isFailed, random));
      await sender.send(encodeTraces(service, spans, { environment }));
    }
    await delay(1000);
  }
}

type AttackParts = {
  readonly sender: OtlpSender;
  readonly pages: PageArrivals;
  readonly random: Random;
  readonly acknowledgedMs: number[];
};

/** null when no page came: then there is nothing to time, and the table says so. */
async function timeOnePage(
  attack: Attack,
  { sender, pages, random, acknowledgedMs }: AttackParts,
): Promise<PageTiming | null> {
  const sentAt = new Map<string, number>();
  let lastTraceId = "";
  for (let request = 0; request < ATTACK_REQUESTS_MAX; request++) {
    const span = serverSpan(attack.route, true, random);
    const bytes = encodeTraces(attack.service, [span], attack);
    lastTraceId = span.traceId;
    const startedAt = performance.now();
    sentAt.set(span.traceId, startedAt);
    const acknowledged = sender.send(bytes).then(() => acknowledgedMs.push(performance.now() - startedAt));
    await Promise.all([acknowledged, delay(GAP_MS)]);
    const page = pages.find(sentAt);
    if (page === null) continue;
    const latencyMs = page.arrivedAt - (sentAt.get(page.newestTraceId) ?? Number.NaN);
    return { attack, latencyMs, isExact: page.newestTraceId === lastTraceId };
  }
  return null;
}

type PageArrival = { readonly newestTraceId: string; readonly arrivedAt: number };

/** Calls to the twin, by the clock of this process: the only HTTP server in it is the twin's. */
class PageArrivals implements Disposable {
  readonly #twin: PagerDutyTwin;
  readonly #arrivedAt: number[] = [];
  readonly #arrivals: PageArrival[] = [];
  readonly #noteTime = () => void this.#arrivedAt.push(performance.now());

  constructor(twin: PagerDutyTwin) {
    this.#twin = twin;
    subscribe(REQUEST_STARTED, this.#noteTime);
  }

  /** The page that names one of the traces as its newest. */
  find(sentAt: ReadonlyMap<string, number>): PageArrival | null {
    this.#readNew();
    return this.#arrivals.find(({ newestTraceId }) => sentAt.has(newestTraceId)) ?? null;
  }

  [Symbol.dispose](): void {
    unsubscribe(REQUEST_STARTED, this.#noteTime);
  }

  /** A page fits into one packet, so calls are complete in the order in which they began. */
  #readNew(): void {
    for (const { body, outcome } of this.#twin.attempts.slice(this.#arrivals.length)) {
      if (outcome !== 202) throw new Error(`PagerDuty did not take a page: ${outcome} ${body}`);
      const { payload } = JSON.parse(body) as PageBody;
      const newestTraceId = payload.custom_details.example_traces?.at(-1) ?? "";
      const arrivedAt = this.#arrivedAt[this.#arrivals.length] ?? Number.NaN;
      this.#arrivals.push({ newestTraceId, arrivedAt });
    }
  }
}

type PageBody = { payload: { custom_details: { example_traces?: string[] } } };

function latenciesOf(pages: readonly PageTiming[], protocol: Protocol | null): readonly number[] {
  return pages
    .filter(({ attack }) => protocol === null || attack.protocol === protocol)
    .map(({ latencyMs }) => latencyMs);
}

function rowOf(rowName: string, latenciesMs: readonly number[]): Row {
  const shares = [0.5, 0.9, 0.99, 1];
  return { name: rowName, figures: [latenciesMs.length, ...shares.map((share) => quantile(latenciesMs, share))] };
}

function notesOn(report: LoadReport, timings: readonly PageTiming[], attackCount: number): readonly string[] {
  const inexact = timings.filter(({ isExact }) => !isExact).length;
  const lost = report.sentSpans - report.acknowledgedSpans;
  return [
    `load: ${report.sentSpans} spans sent, ${lost} not acknowledged, at worst ${report.behindMaxMs.toFixed(0)} ms behind plan`,
    `${attackCount - timings.length} attacks without a page; ${inexact} pages came after the attack's next request`,
  ];
}

/** Digits would be taken for an identifier. */
function letters(index: number): string {
  return [...index.toString(8)].map((digit) => "bdfgklmn"[Number(digit)]).join("");
}
