/**
 * Reads the `requests` format: one JSON object a line, the fields as `docs/backtest.md` lists them.
 *
 * Fields that are not in the list are left alone, so that a recording may carry what its owner needs,
 * such as the truth about an attack.
 */
import {
  ATTR_ENDUSER_ID,
  ATTR_SERVICE_VERSION,
  ATTR_USER_AGENT_ORIGINAL,
} from "@opentelemetry/semantic-conventions/incubating";
import { WEIGHT_MAX } from "../../core/extraction/declared-sampling.ts";
import type { RecordedRequest } from "../../core/extraction/request-observation.ts";
import type { Fault, Faults, Reading } from "./recorded-item.ts";
import { faultsOf } from "./recorded-item.ts";

type RequestFields = {
  readonly time: number;
  readonly arrived?: number | null;
  readonly service: string;
  readonly env?: string | null;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly client?: string | null;
  readonly user_agent?: string | null;
  readonly user?: string | null;
  readonly cause?: string | null;
  readonly version?: string | null;
  readonly weight?: number | null;
};

type FieldRule = {
  readonly name: keyof RequestFields;
  readonly presence: "required" | "optional";
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
};

/** The last moment that a date can name. */
const TIME_MAX = 8.64e15;
const STATUS_MAX = 999;

const isTime = (value: unknown) => typeof value === "number" && value >= 0 && value <= TIME_MAX;
const isText = (value: unknown) => typeof value === "string";
const isStatus = (value: unknown) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= STATUS_MAX;
const isWeight = (value: unknown) => typeof value === "number" && value > 0 && value <= WEIGHT_MAX;

const FIELD_RULES: readonly FieldRule[] = [
  { name: "time", presence: "required", expected: "milliseconds since 1970", accepts: isTime },
  { name: "arrived", presence: "optional", expected: "milliseconds since 1970", accepts: isTime },
  { name: "service", presence: "required", expected: "a text", accepts: isText },
  { name: "env", presence: "optional", expected: "a text", accepts: isText },
  { name: "method", presence: "required", expected: "a text", accepts: isText },
  { name: "route", presence: "required", expected: "a text", accepts: isText },
  { name: "status", presence: "required", expected: "a status as a whole number", accepts: isStatus },
  { name: "client", presence: "optional", expected: "a text", accepts: isText },
  { name: "user_agent", presence: "optional", expected: "a text", accepts: isText },
  { name: "user", presence: "optional", expected: "a text", accepts: isText },
  { name: "cause", presence: "optional", expected: "a text", accepts: isText },
  { name: "version", presence: "optional", expected: "a text", accepts: isText },
  { name: "weight", presence: "optional", expected: `a number above 0, ${WEIGHT_MAX} at most`, accepts: isWeight },
];

export function readRequestLine(line: string): Reading {
  const parsed = parseObject(line);
  if (parsed.kind === "faults") return parsed;
  const { fields } = parsed;
  if (!isComplete(fields)) return faultsOf(...fieldFaults(fields, line));
  return { kind: "request", arrivedAt: fields.arrived ?? fields.time, request: requestOf(fields) };
}

type UnknownFields = Readonly<Record<string, unknown>>;

function isComplete(fields: UnknownFields | RequestFields): fields is RequestFields {
  const values: UnknownFields = fields;
  return FIELD_RULES.every((rule) => isAccepted(rule, values[rule.name]));
}

function isAccepted({ presence, accepts }: FieldRule, value: unknown): boolean {
  return isAbsent(value) ? presence === "optional" : accepts(value);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function requestOf(fields: RequestFields): RecordedRequest {
  const { method, env, client, weight, cause } = fields;
  // Assigned one by one, since spreading costs several times as much and every line comes through here.
  const request: { -readonly [Key in keyof RecordedRequest]: RecordedRequest[Key] } = {
    endedAt: fields.time,
    service: fields.service,
    route: fields.route,
    attributes: attributesOf(fields),
  };
  if (method === "") request.grpcStatus = fields.status;
  else Object.assign(request, { method, httpStatus: fields.status });
  if (typeof env === "string") request.environment = env;
  if (typeof client === "string") request.client = client;
  if (typeof weight === "number") request.weight = weight;
  if (typeof cause === "string") request.cause = cause;
  return request;
}

function attributesOf({ user_agent: userAgent, user, version }: RequestFields): Readonly<Record<string, string>> {
  const attributes: Record<string, string> = {};
  if (typeof userAgent === "string") attributes[ATTR_USER_AGENT_ORIGINAL] = userAgent;
  if (typeof user === "string") attributes[ATTR_ENDUSER_ID] = user;
  if (typeof version === "string") attributes[ATTR_SERVICE_VERSION] = version;
  return attributes;
}

function parseObject(line: string): { readonly kind: "object"; readonly fields: UnknownFields } | Faults {
  try {
    const value: unknown = JSON.parse(line);
    if (isObject(value)) return { kind: "object", fields: value };
    return notAnObject(line, "it is another JSON value");
  } catch (error) {
    if (error instanceof SyntaxError) return notAnObject(line, error.message);
    throw error;
  }
}

function isObject(value: unknown): value is UnknownFields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const ERROR_POSITION = / in JSON at position (\d+).*$/s;
/** Without a position V8 shows the text instead, which is printed below the message anyway. */
const ERROR_EXCERPT = /, .* is not valid JSON$/s;

function notAnObject(line: string, problem: string): Faults {
  const column = Number(ERROR_POSITION.exec(problem)?.[1] ?? 0) + 1;
  const reason = problem.replace(ERROR_POSITION, "").replace(ERROR_EXCERPT, "");
  const length = Math.max(1, line.length - column + 1);
  return faultsOf({ code: "AR101", column, length, message: `not a JSON object: ${reason}` });
}

function fieldFaults(fields: UnknownFields, line: string): readonly Fault[] {
  const faulty = FIELD_RULES.filter((rule) => !isAccepted(rule, fields[rule.name]));
  const missing = faulty.filter(({ name }) => isAbsent(fields[name]));
  const wrong = faulty.filter(({ name }) => !isAbsent(fields[name]));
  const faults: Fault[] = wrong.map(({ name, expected }) => {
    const message = `"${name}" must be ${expected}, not ${shown(fields[name])}`;
    return { code: "AR103", ...placeOfValue(line, name), message };
  });
  if (missing.length === 0) return faults;
  const message = `required and missing: ${missing.map(({ name }) => name).join(", ")}`;
  return [...faults, { code: "AR102", column: 1, length: line.length, message }];
}

function placeOfValue(line: string, name: string): Pick<Fault, "column" | "length"> {
  const found = new RegExp(`"${name}"\\s*:\\s*("(?:[^"\\\\]|\\\\.)*"|[^,}\\s]+)`).exec(line);
  const value = found?.[1] ?? "";
  return {
    column: (found?.index ?? 0) + (found?.[0].length ?? 0) - value.length + 1,
    length: Math.max(1, value.length),
  };
}

const SHOWN_MAX_LENGTH = 40;

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > SHOWN_MAX_LENGTH ? `${text.slice(0, SHOWN_MAX_LENGTH - 1)}…` : text;
}
