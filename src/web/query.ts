/** Reads the parameters of lists. What is unknown or out of bounds is refused, not guessed at. */
import { withSuggestion } from "../core/diagnostic.ts";
import { readCursor } from "./cursor.ts";
import type { EndpointCursor, EndpointQuery } from "./endpoint-page.ts";
import { ENDPOINT_SORTS } from "./endpoint-page.ts";
import type { AlertQuery, DeliveryQuery, ExplainQuery } from "./views.ts";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1000;
const ALERT_STATES = ["pending", "firing", "resolved"] as const;
const DELIVERY_STATES = ["pending", "delivered", "dead", "superseded"] as const;

type Parameters = Readonly<Record<string, string>>;

/** The request's parameters cannot be read; the message is for whoever asked. */
export class QueryError extends Error {
  override readonly name = "QueryError";
}

export function readEndpointQuery(parameters: Parameters): EndpointQuery {
  refuseUnknown(parameters, ["sort", "limit", "cursor", "service", "rule"]);
  return {
    sort: readWord(parameters, "sort", ENDPOINT_SORTS) ?? "deviation",
    limit: readLimit(parameters),
    service: parameters["service"] ?? null,
    rule: parameters["rule"] ?? null,
    after: readAfter(parameters),
  };
}

export function readAlertQuery(parameters: Parameters): AlertQuery {
  refuseUnknown(parameters, ["state", "limit"]);
  return { state: readWord(parameters, "state", ALERT_STATES), limit: readLimit(parameters) };
}

export function readDeliveryQuery(parameters: Parameters): DeliveryQuery {
  refuseUnknown(parameters, ["state", "limit"]);
  return { state: readWord(parameters, "state", DELIVERY_STATES), limit: readLimit(parameters) };
}

export function readExplainQuery(parameters: Parameters): ExplainQuery {
  refuseUnknown(parameters, ["endpoint", "service", "env", "rule", "at"]);
  const name = parameters["endpoint"] ?? "";
  if (name.trim() === "") throw new QueryError('"endpoint" is missing, as in "POST /login"');
  return {
    name,
    service: parameters["service"] ?? null,
    environment: parameters["env"] ?? null,
    rule: parameters["rule"] ?? null,
    at: readMoment(parameters),
  };
}

function readMoment(parameters: Parameters): number | null {
  const given = parameters["at"];
  if (given === undefined) return null;
  if (!/^\d{1,15}$/.test(given)) throw new QueryError('"at" is in milliseconds since 1970');
  return Number(given);
}

function refuseUnknown(parameters: Parameters, known: readonly string[]): void {
  const unknown = Object.keys(parameters).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new QueryError(withSuggestion(`unknown parameter "${unknown}" (known: ${known.join(", ")})`, unknown, known));
}

function readWord<const Word extends string>(
  parameters: Parameters,
  name: string,
  words: readonly Word[],
): Word | null {
  const given = parameters[name];
  if (given === undefined) return null;
  const word = words.find((candidate) => candidate === given);
  if (word === undefined) throw new QueryError(`"${name}" is one of ${words.join(", ")}`);
  return word;
}

function readLimit(parameters: Parameters): number {
  const given = parameters["limit"];
  if (given === undefined) return LIMIT_DEFAULT;
  const limit = /^\d{1,6}$/.test(given) ? Number(given) : 0;
  if (limit < 1 || limit > LIMIT_MAX) throw new QueryError(`"limit" is a whole number from 1 to ${LIMIT_MAX}`);
  return limit;
}

function readAfter(parameters: Parameters): EndpointCursor | null {
  const given = parameters["cursor"];
  if (given === undefined) return null;
  const cursor = readCursor(given);
  if (cursor === undefined) throw new QueryError('"cursor" is a nextCursor from an earlier answer');
  return cursor;
}
