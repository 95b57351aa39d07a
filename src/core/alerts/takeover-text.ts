/**
 * What a page says about whoever got in after failing: who, how often and for how long, when, and where to look.
 */
import type { Instant } from "../time.ts";
import { toWall } from "../time.ts";
import type { Alert, SuccessAfterFailures } from "./alert.ts";
import { placeOf } from "./place.ts";
import { field } from "./plain-text.ts";
import { failureCount, isoTime, span } from "./words.ts";

export const TAKEOVER_OVER =
  "Nobody else has got in after failing. Whether the accounts are safe again is not known here: see that their sessions were ended.";

/** Why weak evidence wakes nobody. */
export const TAKEOVER_TICKET =
  "The client failed no more often, and no faster, than a person at a loss may; it becomes a page when it goes on, or when others get in.";

/** In a sentence. */
export function takeoverHappened(alert: Alert): string {
  const [latest, ...others] = alert.evidence.successesAfterFailures;
  const place = placeOf(alert);
  if (latest === undefined) return `Somebody kept failing on ${place} and then got in.`;
  const how = `${failureCount(latest.failures)}${lasted(latest)}, then a success`;
  const more = others.length === 0 ? "" : ` ${others.length} more got in before.`;
  if (latest.session !== null) {
    return `Somebody kept failing on ${place} in one session, and then got in: ${how}.${more}`;
  }
  return latest.clients === null
    ? `A client kept failing on ${place} and then got in: ${how}.${more}`
    : `${latest.clients} clients failed at one account on ${place}, and one that had never signed in there got in: ${how}.${more}`;
}

/** One line for each. */
export function successLine(success: SuccessAfterFailures, now: Instant): string {
  const { client, failures, succeededAt } = success;
  const who = client === null ? "a client" : field(client);
  const when = isoTime(toWall(succeededAt, now));
  return `${who}: about ${failureCount(failures)}${byWhom(success)}${lasted(success)}, then a success${into(success)} at ${when}${traces(success)}`;
}

function byWhom({ accounts, clients, session }: SuccessAfterFailures): string {
  const where = session === null ? "" : ` of session ${field(session)}`;
  return where + atAccounts({ accounts, clients });
}

function atAccounts({ accounts, clients }: Pick<SuccessAfterFailures, "accounts" | "clients">): string {
  if (clients !== null) return ` of ${clients} clients`;
  if (accounts === null) return "";
  return accounts === 1 ? " at one account" : ` at ${accounts} accounts`;
}

function lasted({ failedFrom, failedUntil }: SuccessAfterFailures): string {
  return failedFrom === null || failedUntil === null ? "" : ` within ${span(failedUntil - failedFrom)}`;
}

function into({ account }: SuccessAfterFailures): string {
  return account === null ? "" : ` as ${field(account)}`;
}

function traces({ failure, success }: SuccessAfterFailures): string {
  const found = [
    ...(success.traceId === "" ? [] : [`trace ${field(success.traceId)}`]),
    ...(failure === null || failure.traceId === "" ? [] : [`a failure before it ${field(failure.traceId)}`]),
  ];
  return found.length === 0 ? "" : ` (${found.join(", ")})`;
}
