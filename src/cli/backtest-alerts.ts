/**
 * Gathers the alerts of a backtest from the engine's effects, one object for each episode.
 *
 * Names and units are those of the published format (`docs/backtest.md`), which scripts rely on.
 */
import type { Alert, Effect, Transition } from "../core/alerts/alert.ts";
import { assertNever } from "../core/assert.ts";
import type { Severity } from "../core/rules/rule.ts";
import type { UnixMillis } from "../core/time.ts";

export type BacktestEndpoint = {
  readonly service: string;
  readonly env: string;
  /** Whom the service calls, where the alert is about that. */
  readonly peer?: string;
  readonly method: string;
  readonly route: string;
};

export type BacktestAlert = {
  readonly rule: string;
  readonly endpoint: BacktestEndpoint;
  /** Whether a person is woken; otherwise it is a ticket, or a mute has kept the page back. */
  readonly page: boolean;
  /** The incident it belongs to. */
  readonly group: string;
  readonly severity: Severity;
  /** The moment the page, or else the ticket, could leave. */
  readonly fired_at: UnixMillis;
  readonly resolved_at: UnixMillis | null;
  readonly since: UnixMillis;
  readonly failures: number;
  /** The highest share of failures while the alarm was on, and the usual one. */
  readonly rate: number;
  readonly usual: number;
  readonly pattern: string | null;
  readonly cause: string | null;
};

/** An alert that is over, with what the published format leaves out. */
export type EndedAlert = {
  readonly alert: BacktestAlert;
  /** The series it is about; for a wide rule `endpoint` is but an example. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether its incident goes on without it. */
  readonly isIncidentOpen: boolean;
};

type OpenAlert = { readonly firedAt: UnixMillis; readonly pagedAt: UnixMillis | null; readonly alert: Alert };

export class BacktestAlerts {
  readonly #open = new Map<string, OpenAlert>();
  readonly #onEnd: (ended: EndedAlert) => void;

  /** `onEnd` is called as each alert resolves, and by `end` for those that have not. */
  constructor(onEnd: (ended: EndedAlert) => void) {
    this.#onEnd = onEnd;
  }

  take(effects: readonly Effect[]): void {
    for (const effect of effects) if (effect.kind === "record") this.#follow(effect.transition);
  }

  end(): void {
    for (const open of this.#open.values()) this.#close(open);
  }

  #follow({ kind, alert, at }: Transition): void {
    switch (kind) {
      case "pending":
      case "cancelled":
        return;
      case "firing":
      case "escalated":
      case "updated":
      case "muted":
      case "unmuted": {
        const before = this.#open.get(alert.id) ?? { firedAt: at, pagedAt: null };
        const isPaged = alert.isPage && alert.mutedBy === null;
        this.#open.set(alert.id, { ...before, pagedAt: before.pagedAt ?? (isPaged ? at : null), alert });
        return;
      }
      case "resolved": {
        const open = this.#open.get(alert.id);
        if (open !== undefined) this.#close({ ...open, alert });
        return;
      }
      default:
        assertNever(kind);
    }
  }

  #close(open: OpenAlert): void {
    this.#open.delete(open.alert.id);
    const group = groupOf(open.alert);
    const isIncidentOpen = [...this.#open.values()].some((other) => groupOf(other.alert) === group);
    this.#onEnd({ alert: summarize(open), labels: open.alert.labels, isIncidentOpen });
  }
}

function groupOf({ id, incident }: Alert): string {
  return incident?.id ?? id;
}

function summarize({ alert, firedAt, pagedAt }: OpenAlert): BacktestAlert {
  const { endpoint, evidence, ruleId, severity } = alert;
  const { service, environment: env, peer, method, route } = endpoint;
  return {
    rule: ruleId,
    endpoint: { service, env, ...(peer === undefined ? {} : { peer }), method, route },
    page: pagedAt !== null,
    group: groupOf(alert),
    severity,
    fired_at: pagedAt ?? firedAt,
    resolved_at: alert.state === "resolved" ? alert.resolvedAt : null,
    since: evidence.since,
    failures: evidence.failures,
    rate: evidence.peakRate,
    usual: evidence.usual,
    pattern: evidence.pattern,
    cause: evidence.cause,
  };
}
