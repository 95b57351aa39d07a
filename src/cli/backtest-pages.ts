/**
 * How often somebody is woken in a backtest, and by what.
 *
 * Alarms that begin together are one incident and so one page, however many alerts it has. The whole counts
 * incidents; each rule on each endpoint counts its own alerts, so that no cause of pages hides behind another.
 */
import type { UnixMillis } from "../core/time.ts";
import type { BacktestAlert, BacktestEndpoint, EndedAlert } from "./backtest-alerts.ts";

/** An incident that woke somebody. */
export type BacktestPage = {
  /** From the estimated beginning to the last resolve; null where that did not come. */
  readonly since: UnixMillis;
  readonly until: UnixMillis | null;
  /** The alert with which the page left. */
  readonly alert: BacktestAlert;
  /** What its alerts are about, at most `SERIES_PER_PAGE_MAX`. */
  readonly series: readonly PagedSeries[];
};

/** `fields` are those by which the rule tells its series apart; for a wide rule the endpoint is an example. */
export type PagedSeries = {
  readonly endpoint: BacktestEndpoint;
  readonly fields: Readonly<Record<string, string>>;
};

/** How often one rule alerted about one endpoint. */
export type SeriesTotal = {
  readonly rule: string;
  readonly endpoint: BacktestEndpoint;
  readonly pages: number;
  readonly tickets: number;
};

/** Enough to find an incident again among those of another bundle. */
const SERIES_PER_PAGE_MAX = 100;
/** Pages beyond are counted, and compared with nothing. */
const PAGES_KEPT_MAX = 10_000;
/** Rules on endpoints beyond count for the whole alone. */
const TOTALS_KEPT_MAX = 10_000;

type Incident = {
  readonly since: UnixMillis;
  readonly until: UnixMillis | null;
  /** The first of its alerts that woke somebody; null while none has. */
  readonly paging: BacktestAlert | null;
  readonly series: readonly PagedSeries[];
};

export class BacktestPages {
  pageCount = 0;
  ticketCount = 0;
  readonly #fieldsOf: (ended: EndedAlert) => PagedSeries["fields"];
  readonly #incidents = new Map<string, Incident>();
  readonly #pages: BacktestPage[] = [];
  readonly #totals = new Map<string, SeriesTotal>();

  constructor(fieldsOf: (ended: EndedAlert) => PagedSeries["fields"]) {
    this.#fieldsOf = fieldsOf;
  }

  /** In the order in which they ended. */
  get pages(): readonly BacktestPage[] {
    return this.#pages;
  }

  /** Most pages first. */
  get totals(): readonly SeriesTotal[] {
    return [...this.#totals.values()].sort((left, right) => right.pages - left.pages || right.tickets - left.tickets);
  }

  take(ended: EndedAlert): void {
    const { alert } = ended;
    this.#addToTotal(alert);
    const incident = withAlert(this.#incidents.get(alert.group), alert, this.#fieldsOf(ended));
    if (ended.isIncidentOpen) {
      this.#incidents.set(alert.group, incident);
      return;
    }
    this.#incidents.delete(alert.group);
    this.#close(incident);
  }

  #close({ paging, ...incident }: Incident): void {
    if (paging === null) {
      this.ticketCount += 1;
      return;
    }
    this.pageCount += 1;
    if (this.#pages.length < PAGES_KEPT_MAX) this.#pages.push({ ...incident, alert: paging });
  }

  #addToTotal({ rule, endpoint, page }: BacktestAlert): void {
    const key = JSON.stringify([rule, endpoint]);
    const total = this.#totals.get(key) ?? { rule, endpoint, pages: 0, tickets: 0 };
    if (total.pages + total.tickets === 0 && this.#totals.size >= TOTALS_KEPT_MAX) return;
    const [pages, tickets] = page ? [total.pages + 1, total.tickets] : [total.pages, total.tickets + 1];
    this.#totals.set(key, { rule, endpoint, pages, tickets });
  }
}

function withAlert(before: Incident | undefined, alert: BacktestAlert, fields: PagedSeries["fields"]): Incident {
  const { endpoint, fired_at: firedAt, page, resolved_at: resolvedAt, since } = alert;
  const { paging, series, ...times } = before ?? { paging: null, series: [], since, until: resolvedAt };
  const isFirst = page && (paging === null || firedAt < paging.fired_at);
  return {
    since: Math.min(times.since, since),
    until: times.until === null || resolvedAt === null ? null : Math.max(times.until, resolvedAt),
    paging: isFirst ? alert : paging,
    series: series.length < SERIES_PER_PAGE_MAX ? [...series, { endpoint, fields }] : series,
  };
}
