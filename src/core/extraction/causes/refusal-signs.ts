/**
 * Everything on a span that may tell why its request was refused.
 *
 * The scanner of the hot path picks up nothing of this. A span that failed is read once more, with
 * keys of its own, so that requests that succeed pay nothing for the diagnosis of those that do not.
 */
import {
  ATTR_ERROR_MESSAGE,
  ATTR_ERROR_TYPE,
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
} from "@opentelemetry/semantic-conventions/incubating";
import { scanAttribute } from "../../otlp/attribute-scanner.ts";
import { KeyTable } from "../../otlp/key-table.ts";
import type { SpanView } from "../../otlp/span-view.ts";
import { AttributeSlots } from "../../otlp/span-view.ts";
import { skipCheckedField } from "../../otlp/structure-check.ts";
import { cursor, readText, readVarint32 } from "../../otlp/wire.ts";
import type { UnixMillis } from "../../time.ts";
import { textsIn } from "./captured-values.ts";
import type { CauseName } from "./cause.ts";
import { causeOfException } from "./cause-of-exception.ts";
import { causeOfText, TEXT_MAX_LENGTH } from "./cause-of-text.ts";
import { causesInStack } from "./causes-in-stack.ts";
import type { Challenge } from "./challenge.ts";
import { parseChallenges } from "./challenge.ts";
import type { CredentialSlots, SentCredentials } from "./sent-credentials.ts";
import { readCredentials } from "./sent-credentials.ts";

/** A value, and the attribute or field that holds it. */
export type Told = { readonly value: string; readonly source: string };

/** A cause, and the attribute or field that names it. */
export type Named = { readonly name: CauseName; readonly source: string };

/** What was said in words or codes. */
export type ToldSigns = {
  readonly challenges: readonly Challenge[];
  /** "" when there are none. */
  readonly challengeSource: string;
  /** Most telling first: the exception events, then what stands on the span. */
  readonly exceptionTypes: readonly Told[];
  /** Descriptions and messages, most telling first. */
  readonly texts: readonly Told[];
};

/** The same with the causes that types and texts name, which are looked up once. */
export type StatedSigns = ToldSigns & { readonly byType: Named | null; readonly byText: Named | null };

export type RefusalSigns = StatedSigns & {
  readonly credentials: SentCredentials;
  readonly startedAt: UnixMillis;
};

const CHALLENGE_MAX_BYTES = 4096;
const EXCEPTION_EVENTS_MAX = 4;
/** The frames of a web framework take about 10 KB before the first cause. */
const STACK_MAX_BYTES = 32_768;

const SPAN_ATTRIBUTES = 0x4a;
const SPAN_EVENTS = 0x5a;
const EVENT_ATTRIBUTES = 0x1a;

const CHALLENGE_KEYS = [
  "http.response.header.www-authenticate",
  "http.response.header.www_authenticate", // Python, Ruby, older JavaScript
  "rpc.response.metadata.www-authenticate",
  "rpc.grpc.response.metadata.www-authenticate",
];
const AUTHORIZATION_KEYS = [
  "http.request.header.authorization",
  "rpc.request.metadata.authorization",
  "rpc.grpc.request.metadata.authorization",
];
const API_KEY_KEYS = ["x-api-key", "x_api_key", "api-key", "api_key", "apikey", "x-auth-token", "x_auth_token"].map(
  (header) => `http.request.header.${header}`,
);
const COOKIE_KEYS = ["http.request.header.cookie"];
const TYPE_KEYS = [
  ATTR_EXCEPTION_TYPE,
  "authentication.failure.type", // Spring Security's observations
  ATTR_ERROR_TYPE,
  "exception", // Micrometer
  "http.response.header.x-amzn-errortype",
];
const TEXT_KEYS = [
  ATTR_EXCEPTION_MESSAGE,
  ATTR_ERROR_MESSAGE,
  "error", // Brave, Zipkin; elsewhere "true"
  "otel.status_description", // what Zipkin and Jaeger make of a status
  "spring.security.authentication.type", // Spring Security's observations: who was refused
  "grpc.message", // Envoy
  "grpc.error_message",
  "response_code_details", // Envoy, where it is configured
  "response.code_details",
  "envoy.response_code_details",
  "http.response.header.x-clerk-auth-reason",
  "http.response.header.x-clerk-auth-message",
  // AWS API Gateway, under the names of its log variables.
  "context.authorizer.error",
  "context.error.message",
  "context.error.responseType",
  "http.response.body",
  "http.response.body.content",
];

/** Of a span; not an attribute. */
const STATUS_MESSAGE = "status.message";

/** Whatever else stands in a challenge's `error` is a message of somebody's own. */
const STANDARD_ERROR =
  /^(|invalid_(token|request|client|grant|dpop_proof)|insufficient_(scope|user_authentication)|use_dpop_nonce)$/;

const spanKeys: string[] = [];
const slotsOf = (keys: readonly string[]) => keys.map((key) => spanKeys.push(key) - 1);
const CHALLENGE_SLOTS = slotsOf(CHALLENGE_KEYS);
const TYPE_SLOTS = slotsOf(TYPE_KEYS);
const TEXT_SLOTS = slotsOf(TEXT_KEYS);
const CREDENTIAL_SLOTS: CredentialSlots = {
  authorization: slotsOf(AUTHORIZATION_KEYS),
  apiKey: slotsOf(API_KEY_KEYS),
  cookie: slotsOf(COOKIE_KEYS),
};

const EVENT_KEYS = [ATTR_EXCEPTION_TYPE, ATTR_EXCEPTION_MESSAGE, ATTR_EXCEPTION_STACKTRACE];
const EVENT_TYPE_SLOT = 0;
const EVENT_MESSAGE_SLOT = 1;
const EVENT_STACK_SLOT = 2;

export class RefusalSignReader {
  readonly #spanTable = new KeyTable(spanKeys);
  readonly #eventTable = new KeyTable(EVENT_KEYS);
  readonly #attributes = new AttributeSlots(spanKeys);
  readonly #event = new AttributeSlots(EVENT_KEYS);

  read(view: SpanView): RefusalSigns {
    const exceptions = this.#scan(view);
    const { bytes, startTimeUnixMillis: startedAt } = view;
    const told = this.#told(bytes, CHALLENGE_SLOTS, CHALLENGE_MAX_BYTES);
    const challenges = told.flatMap(({ value }) => parseChallenges(value));
    const challengeSource = told[0]?.source ?? "";
    const texts = [
      ...challengeTexts(challenges, challengeSource),
      ...exceptions.messages,
      { value: cutText(bytes, view.statusMessageStart, view.statusMessageEnd), source: STATUS_MESSAGE },
      ...this.#told(bytes, TEXT_SLOTS, TEXT_MAX_LENGTH),
    ];
    return {
      ...statedSigns({
        challenges,
        challengeSource,
        exceptionTypes: [...exceptions.types, ...this.#told(bytes, TYPE_SLOTS, TEXT_MAX_LENGTH)],
        texts: texts.filter(({ value }) => value !== ""),
      }),
      credentials: readCredentials(this.#attributes, bytes, CREDENTIAL_SLOTS),
      startedAt,
    };
  }

  #scan({ bytes, spanStart, spanEnd }: SpanView): { readonly types: Told[]; readonly messages: Told[] } {
    const types: Told[] = [];
    const messages: Told[] = [];
    this.#attributes.clear();
    let eventCount = 0;
    let position = spanStart;
    while (position < spanEnd) {
      const tag = readVarint32(bytes, position, spanEnd);
      position = skipCheckedField(bytes, tag, cursor.position, spanEnd);
      if (tag === SPAN_ATTRIBUTES) scanAttribute(bytes, cursor.position, position, this.#spanTable, this.#attributes);
      else if (tag === SPAN_EVENTS && this.#scanEvent(bytes, cursor.position, position)) {
        if (++eventCount > EXCEPTION_EVENTS_MAX) continue;
        types.push(...toldIn(this.#event, bytes, EVENT_TYPE_SLOT, TEXT_MAX_LENGTH));
        messages.push(...toldIn(this.#event, bytes, EVENT_MESSAGE_SLOT, TEXT_MAX_LENGTH));
        for (const { value, source } of toldIn(this.#event, bytes, EVENT_STACK_SLOT, STACK_MAX_BYTES)) {
          const causes = causesInStack(value);
          types.push(...causes.map(({ type }) => ({ value: type, source })));
          messages.push(...causes.map(({ message }) => ({ value: message, source })));
        }
      }
    }
    return { types, messages };
  }

  /** Returns whether the event tells of an exception. */
  #scanEvent(bytes: Uint8Array, start: number, end: number): boolean {
    this.#event.clear();
    let position = start;
    while (position < end) {
      const tag = readVarint32(bytes, position, end);
      position = skipCheckedField(bytes, tag, cursor.position, end);
      if (tag === EVENT_ATTRIBUTES) scanAttribute(bytes, cursor.position, position, this.#eventTable, this.#event);
    }
    return this.#event.has(EVENT_TYPE_SLOT) || this.#event.has(EVENT_MESSAGE_SLOT);
  }

  #told(bytes: Uint8Array, slots: readonly number[], lengthMax: number): readonly Told[] {
    const told: Told[] = [];
    for (const slot of slots) {
      if (this.#attributes.has(slot)) told.push(...toldIn(this.#attributes, bytes, slot, lengthMax));
    }
    return told;
  }
}

export function statedSigns(told: ToldSigns): StatedSigns {
  const types = told.exceptionTypes.map(({ value }) => value);
  return {
    ...told,
    byType: firstSpecific(told.exceptionTypes, causeOfException),
    byText: firstSpecific(told.texts, (text) => causeOfText(text, types)),
  };
}

/** The first that names a cause; one that says no more than "invalid token" only when no other does. */
function firstSpecific(told: readonly Told[], read: (text: string) => CauseName | undefined): Named | null {
  let general: Named | null = null;
  for (const { value, source } of told) {
    const name = read(value);
    if (name === undefined) continue;
    if (name !== "invalid_token") return { name, source };
    general ??= { name, source };
  }
  return general;
}

function toldIn(slots: AttributeSlots, bytes: Uint8Array, slot: number, lengthMax: number): readonly Told[] {
  const source = slots.keys[slot] ?? "";
  return textsIn(slots, bytes, slot, lengthMax).map((value) => ({ value, source }));
}

function challengeTexts(challenges: readonly Challenge[], source: string): readonly Told[] {
  return challenges.flatMap(({ error, errorDescription }) => {
    const ownError = STANDARD_ERROR.test(error) ? "" : error;
    return [errorDescription, ownError].map((value) => ({ value, source }));
  });
}

function cutText(bytes: Uint8Array, start: number, end: number): string {
  return start === -1 ? "" : readText(bytes, start, Math.min(end, start + TEXT_MAX_LENGTH));
}
