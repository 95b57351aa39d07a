/**
 * A page in the format of PagerDuty's Events API v2.
 *
 * The event is valid whatever the page holds: required fields are never blank, the summary is cut by
 * code points, and an event that would be too large gives up what matters least first. A resolve
 * carries the full payload as well, because PagerDuty's own routing rules look at it.
 */
import type { NotificationText } from "../../core/alerts/alert.ts";
import type { Page } from "../../core/alerts/page.ts";
import { truncate } from "../../core/alerts/plain-text.ts";
import { formatDuration } from "../../core/text/quantity.ts";
import { MINUTE_MS, SECOND_MS } from "../../core/time.ts";

export const EVENT_BYTES_MAX = 512_000;
const SUMMARY_CODE_POINTS_MAX = 1024;
const SHORT_DETAIL_CODE_POINTS_MAX = 256;
const CLIENT = "authspike";

type Details = NotificationText["details"];

export type EventSettings = {
  /** A secret. */
  readonly routingKey: string;
  /** How late the page leaves; null when it is in time. */
  readonly lateByMs: number | null;
};

/** The event's JSON, at most `EVENT_BYTES_MAX` bytes. */
export function pagerDutyEvent(page: Page, settings: EventSettings): string {
  const { details } = page.text;
  for (const fewer of [details, withoutLists(details), withShortTexts(details)]) {
    const event = eventText(page, fewer, settings);
    if (new TextEncoder().encode(event).length <= EVENT_BYTES_MAX) return event;
  }
  return eventText(page, { note: "the details were too large for one event" }, settings);
}

function eventText(page: Page, details: Details, { routingKey, lateByMs }: EventSettings): string {
  const { action, dedupKey, severity, text } = page;
  const late = lateByMs === null ? {} : { delivered_late: lateness(lateByMs) };
  return JSON.stringify({
    routing_key: routingKey,
    event_action: action,
    dedup_key: dedupKey,
    ...(action === "trigger" ? { client: CLIENT } : {}),
    payload: {
      summary: givenOr(truncate(text.summary, SUMMARY_CODE_POINTS_MAX), dedupKey),
      source: givenOr(text.source, CLIENT),
      severity,
      timestamp: new Date(text.timestamp).toISOString(),
      component: text.component,
      group: text.group,
      class: text.class,
      custom_details: { ...late, ...details },
    },
    links: text.runbook === null ? [] : [{ href: text.runbook, text: "Runbook" }],
  });
}

/** PagerDuty refuses a text of blanks as it refuses none, and a page must not fail for a name. */
function givenOr(text: string, otherwise: string): string {
  return text.trim() === "" ? otherwise : text;
}

function withoutLists(details: Details): Details {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => !Array.isArray(value)));
}

function withShortTexts(details: Details): Details {
  return Object.fromEntries(Object.entries(withoutLists(details)).map(([name, value]) => [name, shortened(value)]));
}

function shortened(value: Details[string]): Details[string] {
  return typeof value === "string" ? truncate(value, SHORT_DETAIL_CODE_POINTS_MAX) : value;
}

function lateness(lateByMs: number): string {
  const unit = lateByMs >= MINUTE_MS ? MINUTE_MS : SECOND_MS;
  return formatDuration(Math.round(lateByMs / unit) * unit);
}
