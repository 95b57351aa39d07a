/**
 * What follows when alerts change: what is recorded, who is told, what goes downstream.
 *
 * All changes of one moment are settled together, because alarms that begin together are one incident
 * and its notifiers are told once. The alerts' targets are settled here too, in the values that are
 * recorded, so that the resolve finds whoever was triggered, whatever the rules say by then.
 */
import { assert } from "../assert.ts";
import type { Rule, RuleSet } from "../rules/rule.ts";
import type { Instant, UnixMillis } from "../time.ts";
import { HOUR_MS } from "../time.ts";
import type { Alert, Effect, TriggeredTarget } from "./alert.ts";
import { placeFor } from "./incident.ts";
import type { AlertAdvance } from "./lifecycle.ts";
import type { IncidentChange } from "./notification.ts";
import { eventOf, notificationsOf, precautionOf, targetsOf } from "./notification.ts";

/** How one alert has moved on. */
export type AlertMove = {
  readonly before: Alert | null;
  readonly advance: AlertAdvance;
  /** As last known; null when it is gone. */
  readonly rule: Rule | null;
};

export type SettleContext = {
  readonly ruleSet: RuleSet;
  readonly now: Instant;
  /** When this process took over from one that may have paged and could not record it; -Infinity when none did. */
  readonly inDoubtSince: UnixMillis;
};

/** So long after taking over, what the former process did and could not record is reckoned with. */
export const IN_DOUBT_MS = HOUR_MS;

export type Settlement = {
  /** To be carried out in order. */
  readonly effects: readonly Effect[];
  /** For each move the alert as it is now; null when its episode is over. */
  readonly alerts: readonly (Alert | null)[];
};

/** `open` are all alerts that were open before, those that have moved among them. */
export function settle(moves: readonly AlertMove[], open: Iterable<Alert>, context: SettleContext): Settlement {
  if (moves.every(({ advance }) => advance.transitions.length === 0)) {
    return { effects: [], alerts: moves.map(({ before, advance }) => goOn(advance.alert, before)) };
  }
  const before = new Map([...open].map((alert) => [alert.id, alert]));
  const settling = new Settling(before, context);
  // What begins finds incidents open that end at the same moment: they go on instead of being opened anew.
  const [beginning, others] = [moves.filter(isBeginning), moves.filter((move) => !isBeginning(move))];
  const settled = new Map([...beginning, ...others].map((move) => [move, settling.take(move)]));
  const alerts = moves.map((move) => settled.get(move) ?? null);
  return {
    effects: [...settling.records, ...settling.notifications(), ...settling.precautions, ...settling.events],
    alerts,
  };
}

function isBeginning({ advance }: AlertMove): boolean {
  return advance.transitions.some(({ kind }) => kind === "firing");
}

/** An alert's newest value with what only this module knows of it. */
function goOn(alert: Alert | null, known: Alert | null): Alert | null {
  if (alert === null || known === null || known.id !== alert.id) return alert;
  return { ...alert, triggered: known.triggered, incident: known.incident };
}

class Settling {
  readonly records: Effect[] = [];
  readonly events: Effect[] = [];
  /**
   * A process that dies while the disk is full may leave an incident behind that is on no record. An
   * alert that opens its incident again closes it in the end; one that joined another closes it here.
   */
  readonly precautions: Effect[] = [];
  readonly #before: ReadonlyMap<string, Alert>;
  readonly #after: Map<string, Alert>;
  readonly #context: SettleContext;
  readonly #changes = new Map<string, IncidentChange["changes"][number][]>();

  constructor(before: ReadonlyMap<string, Alert>, context: SettleContext) {
    this.#before = before;
    this.#after = new Map(before);
    this.#context = context;
  }

  /** Records one alert's transitions and gives its value back as it is after them. */
  take({ before, advance, rule }: AlertMove): Alert | null {
    let known = before;
    for (const transition of advance.transitions) {
      const alert = this.#carried(transition.kind, goOn(transition.alert, known) ?? transition.alert);
      known = alert;
      this.#keep(alert);
      const carried = { ...transition, alert };
      this.records.push({ kind: "record", transition: carried });
      const event = eventOf(carried, { rule, now: this.#context.now });
      if (event !== null) this.events.push({ kind: "publish", event });
      this.#note({ transition: carried, rule });
      if (transition.kind === "resolved") this.#takePrecaution({ transition: carried, rule });
    }
    const alert = goOn(advance.alert, known);
    if (alert !== null) this.#keep(alert);
    return alert;
  }

  notifications(): readonly Effect[] {
    return [...this.#changes].flatMap(([incidentId, changes]) => {
      const change = { incidentId, changes, before: this.#before.values(), after: this.#after.values() };
      return notificationsOf(change, this.#context).map((notification) => ({ kind: "notify", notification }) as const);
    });
  }

  #takePrecaution(change: IncidentChange["changes"][number]): void {
    const { alert } = change.transition;
    const { inDoubtSince, now } = this.#context;
    const isOpener = alert.incident?.dedupKey === alert.dedupKey;
    if (isOpener || alert.pendingAt - inDoubtSince >= IN_DOUBT_MS) return;
    for (const target of alert.triggered) {
      this.precautions.push({ kind: "notify", notification: precautionOf(change, target, now) });
    }
  }

  #carried(kind: AlertAdvance["transitions"][number]["kind"], alert: Alert): Alert {
    if (alert.state !== "firing") return alert;
    const { ruleSet } = this.#context;
    const others = [...this.#after.values()].filter(({ id }) => id !== alert.id);
    const placed = { ...alert, incident: alert.incident ?? placeFor(alert, others) };
    if (kind === "muted") return placed;
    return targetsOf(placed, ruleSet).reduce<Alert>(withTriggered, placed);
  }

  #keep(alert: Alert): void {
    if (alert.state === "resolved") this.#after.delete(alert.id);
    else this.#after.set(alert.id, alert);
  }

  /** Nobody is told of an alert that never fired. */
  #note(change: IncidentChange["changes"][number]): void {
    const { incident } = change.transition.alert;
    if (incident === null) return;
    const changes = this.#changes.get(incident.id) ?? [];
    changes.push(change);
    this.#changes.set(incident.id, changes);
  }
}

/** The alert once a trigger for `target` is on its way. Doing it again changes nothing. */
export function withTriggered(alert: Alert, target: TriggeredTarget): Alert {
  if (alert.triggered.some(({ targetId }) => targetId === target.targetId)) return alert;
  assert(alert.incident !== null, "whoever is told has an incident");
  return { ...alert, triggered: [...alert.triggered, target] };
}
