/**
 * What PagerDuty's Events API v2 accepts, judged as strictly as its documentation allows.
 *
 * The texts of the errors are those that PagerDuty is known to send, where they are known. An event
 * that passes here would be taken by the real service.
 */
export type EventAction = "trigger" | "acknowledge" | "resolve";

export type PagerDutyEvent = {
  readonly action: EventAction;
  readonly routingKey: string;
  /** Absent on a trigger that leaves the choice to PagerDuty. */
  readonly dedupKey: string | undefined;
  /** Absent on most acknowledgements and resolves. */
  readonly payload: PagerDutyPayload | undefined;
  /** The whole object as it was sent. */
  readonly body: JsonRecord;
};

export type PagerDutyPayload = {
  readonly summary: string;
  readonly source: string;
  readonly severity: string;
  readonly customDetails: JsonRecord;
};

export type JsonRecord = Readonly<Record<string, unknown>>;

export type EventCheck =
  | { readonly kind: "valid"; readonly event: PagerDutyEvent }
  | { readonly kind: "invalid"; readonly errors: readonly string[] }
  /** Not an object, or not JSON at all. */
  | { readonly kind: "unrecognized" };

export const EVENT_MAX_BYTES = 512_000;
const ROUTING_KEY_LENGTH = 32;
const DEDUP_KEY_MAX_LENGTH = 255;
const SUMMARY_MAX_LENGTH = 1024;
const ACTIONS = ["trigger", "acknowledge", "resolve"] as const;
const SEVERITIES = ["critical", "warning", "error", "info"];
// Date and time; fraction and offset are optional, and the offset may lack its colon.
const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?$/;

/** Finds every error at once, as the service does. */
export function checkEvent(text: string): EventCheck {
  const body = parseObject(text);
  if (body === undefined) return { kind: "unrecognized" };
  const errors = [
    ...checkRoutingKey(body["routing_key"]),
    ...checkAction(body["event_action"]),
    ...checkDedupKey(body["dedup_key"], body["event_action"]),
    ...checkPayload(body["payload"], body["event_action"]),
    ...checkList("links", body["links"], checkLink),
    ...checkList("images", body["images"], checkImage),
    ...checkOptionalText("client", body["client"]),
    ...checkOptionalText("client_url", body["client_url"]),
  ];
  return errors.length > 0 ? { kind: "invalid", errors } : { kind: "valid", event: toEvent(body) };
}

function parseObject(text: string): JsonRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function checkRoutingKey(value: unknown): string[] {
  if (isBlank(value)) return [missing("routing_key")];
  if (typeof value !== "string" || value.length !== ROUTING_KEY_LENGTH) {
    return [`Length of 'routing_key' is incorrect (should be ${ROUTING_KEY_LENGTH} characters)`];
  }
  return /^[A-Za-z0-9]+$/.test(value) ? [] : ["Invalid routing key"];
}

function checkAction(value: unknown): string[] {
  return isBlank(value) ? [missing("event_action")] : checkChoice("event_action", value, ACTIONS);
}

function checkDedupKey(value: unknown, action: unknown): string[] {
  if (isBlank(value)) return action === "trigger" && value !== "" ? [] : [missing("dedup_key")];
  return checkText("dedup_key", value, DEDUP_KEY_MAX_LENGTH);
}

/** A resolve may do without a payload, but one that has it is held to it. */
function checkPayload(value: unknown, action: unknown): string[] {
  if (value === undefined) return action === "trigger" ? [missing("payload")] : [];
  if (!isRecord(value)) return ["'payload' is invalid (must be an object)"];
  return [
    ...(isBlank(value["summary"])
      ? [missing("payload.summary")]
      : checkText("payload.summary", value["summary"], SUMMARY_MAX_LENGTH)),
    ...(isBlank(value["source"]) ? [missing("payload.source")] : checkOptionalText("payload.source", value["source"])),
    ...(isBlank(value["severity"])
      ? [missing("payload.severity")]
      : checkChoice("payload.severity", value["severity"], SEVERITIES)),
    ...checkTimestamp(value["timestamp"]),
    ...["component", "group", "class"].flatMap((name) => checkOptionalText(`payload.${name}`, value[name])),
    ...checkDetails(value["custom_details"]),
  ];
}

function checkTimestamp(value: unknown): string[] {
  if (value === undefined) return [];
  // Date.parse wants a colon in the offset, and the service's own examples have none.
  const isDate = typeof value === "string" && ISO_8601.test(value) && !Number.isNaN(Date.parse(withColon(value)));
  return isDate ? [] : ["'payload.timestamp' is invalid (must be an ISO 8601 date and time)"];
}

function withColon(timestamp: string): string {
  return timestamp
    .replace(",", ".")
    .replace(/([+-]\d{2})(\d{2})?$/, "$1:$2")
    .replace(/:$/, ":00");
}

function checkDetails(value: unknown): string[] {
  return value === undefined || isRecord(value) ? [] : ["'payload.custom_details' is invalid (must be an object)"];
}

function checkList(name: string, value: unknown, checkItem: (name: string, item: JsonRecord) => string[]): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [`'${name}' is invalid (must be a list)`];
  return value.flatMap((item: unknown, index) => {
    const itemName = `${name}[${index}]`;
    return isRecord(item) ? checkItem(itemName, item) : [`'${itemName}' is invalid (must be an object)`];
  });
}

function checkLink(name: string, link: JsonRecord): string[] {
  const hrefErrors = isUrl(link["href"], /^https?:$/) ? [] : [urlError(`${name}.href`, link["href"], "a URL")];
  return [...hrefErrors, ...checkOptionalText(`${name}.text`, link["text"])];
}

function checkImage(name: string, image: JsonRecord): string[] {
  return [
    ...(isUrl(image["src"], /^https:$/) ? [] : [urlError(`${name}.src`, image["src"], "an HTTPS URL")]),
    ...checkOptionalText(`${name}.href`, image["href"]),
    ...checkOptionalText(`${name}.alt`, image["alt"]),
  ];
}

function urlError(name: string, value: unknown, expected: string): string {
  return isBlank(value) ? missing(name) : `'${name}' is invalid (must be ${expected})`;
}

function isUrl(value: unknown, protocol: RegExp): boolean {
  return typeof value === "string" && protocol.test(URL.parse(value)?.protocol ?? "");
}

function checkText(name: string, value: unknown, maxLength: number): string[] {
  if (typeof value !== "string") return [`'${name}' is invalid (must be a string)`];
  // Counted as people count characters; two code units of an emoji are one.
  return [...value].length > maxLength ? [`'${name}' is too long (maximum is ${maxLength} characters)`] : [];
}

function checkOptionalText(name: string, value: unknown): string[] {
  return value === undefined ? [] : checkText(name, value, Number.POSITIVE_INFINITY);
}

function checkChoice(name: string, value: unknown, choices: readonly string[]): string[] {
  if (typeof value === "string" && choices.includes(value)) return [];
  const quoted = choices.map((choice) => `'${choice}'`);
  return [`'${name}' is invalid (must be one of the following: ${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)})`];
}

function missing(name: string): string {
  return `'${name}' is missing or blank`;
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "string" && value.trim() === "");
}

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toEvent(body: JsonRecord): PagerDutyEvent {
  const dedupKey = body["dedup_key"];
  return {
    action: ACTIONS.find((action) => action === body["event_action"]) ?? "trigger",
    routingKey: String(body["routing_key"]),
    dedupKey: typeof dedupKey === "string" ? dedupKey : undefined,
    payload: toPayload(body["payload"]),
    body,
  };
}

function toPayload(value: unknown): PagerDutyPayload | undefined {
  if (!isRecord(value)) return undefined;
  return {
    summary: String(value["summary"]),
    source: String(value["source"]),
    severity: String(value["severity"]),
    customDetails: isRecord(value["custom_details"]) ? value["custom_details"] : {},
  };
}
