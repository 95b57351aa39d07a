/**
 * Reads lines of the common and the combined log format, as Apache and nginx write them.
 *
 * What follows the user agent is left alone: a duration may stand there, but Apache logs when a
 * request began and nginx when it ended, and no line says which of the two wrote it. Times are whole
 * seconds, which is fine enough for a rate of requests.
 */
import { ATTR_ENDUSER_ID, ATTR_USER_AGENT_ORIGINAL } from "@opentelemetry/semantic-conventions/incubating";
import type { UnixMillis } from "../../core/time.ts";
import { HOUR_MS, MINUTE_MS } from "../../core/time.ts";
import type { Reading } from "./recorded-item.ts";
import { faultsOf, IGNORED } from "./recorded-item.ts";

/** What a log line does not say about the service that wrote it. */
export type AccessLogOrigin = { readonly service: string; readonly environment: string };

const QUOTED = '"((?:[^"\\\\]|\\\\.)*)"';
const LINE = new RegExp(
  // Address, identity, user, time, request, status, size; then, in the combined format, referrer and user agent.
  `^(\\S+) \\S+ (\\S+|.+?) \\[([^\\]]+)\\] ${QUOTED} (\\d{3}) (?:\\d+|-)(?: ${QUOTED} ${QUOTED})?`,
);
const REQUEST = /^([A-Z]{1,20}) (\S+)(?: HTTP\/\d(?:\.\d)?)?$/;

export class AccessLogReader {
  readonly #origin: AccessLogOrigin;
  /** Consecutive lines mostly share their second. */
  #lastTimeText = "";
  #lastTime: UnixMillis = 0;

  constructor(origin: AccessLogOrigin) {
    this.#origin = origin;
  }

  readLine(line: string): Reading {
    const found = LINE.exec(line);
    if (found === null) return notALogLine(line);
    const [, client = "", user = "", timeText = "", request = "", status = "", , userAgent = "-"] = found;
    const endedAt = this.#timeOf(timeText);
    if (Number.isNaN(endedAt)) return badTime(line, timeText);
    const [, method, path] = REQUEST.exec(request) ?? [];
    // A port scan or a TLS handshake on the wrong port is logged, but nobody asked for anything.
    if (method === undefined || path === undefined) return IGNORED;
    const attributes: Record<string, string> = {};
    if (user !== "-") attributes[ATTR_ENDUSER_ID] = user;
    if (userAgent !== "-") attributes[ATTR_USER_AGENT_ORIGINAL] = userAgent;
    const { service, environment } = this.#origin;
    const httpStatus = Number(status);
    return {
      kind: "request",
      arrivedAt: endedAt,
      request: { endedAt, service, environment, method, path, httpStatus, client, attributes },
    };
  }

  #timeOf(text: string): UnixMillis {
    if (text !== this.#lastTimeText) {
      this.#lastTime = parseLogTime(text);
      this.#lastTimeText = text;
    }
    return this.#lastTime;
  }
}

const TIME = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `10/Oct/2025:13:55:36 -0700`; NaN when it is no such time. */
function parseLogTime(text: string): UnixMillis {
  const [, day, monthName = "", year, hour, minute, second, sign, zoneHours, zoneMinutes] = TIME.exec(text) ?? [];
  const month = MONTHS.indexOf(monthName);
  if (month === -1) return Number.NaN;
  const local = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
  const zone = Number(zoneHours) * HOUR_MS + Number(zoneMinutes) * MINUTE_MS;
  return sign === "-" ? local + zone : local - zone;
}

function notALogLine(line: string): Reading {
  const message =
    'expected the common or combined log format: ADDRESS IDENTITY USER [TIME ZONE] "REQUEST" STATUS SIZE "REFERRER" "USER AGENT"';
  return faultsOf({ code: "AR104", column: 1, length: Math.max(1, line.length), message });
}

function badTime(line: string, text: string): Reading {
  const message = `"${text}" is no time such as 10/Oct/2025:13:55:36 -0700`;
  return faultsOf({ code: "AR104", column: line.indexOf("[") + 2, length: Math.max(1, text.length), message });
}
