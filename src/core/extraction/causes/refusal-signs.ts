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
import { TEXT_MAX_LENGTH } from "./cause-of-text.ts";
import type { Challenge } from "./challenge.ts";
import { parseChallenges } from "./challenge.ts";
import type { CredentialSlots, SentCredentials } from "./sent-credentials.ts";
import { readCredentials } from "./sent-credentials.ts";

export type RefusalSigns = {
  readonly challenges: readonly Challenge[];
  /** Most telling first: the exception events, then what stands on the span. */
  readonly exceptionTypes: readonly string[];
  /** Descriptions and messages, most telling first. */
  readonly texts: readonly string[];
  readonly credentials: SentCredentials;
  readonly startedAt: UnixMillis;
};

const CHALLENGE_MAX_BYTES = 4096;
const EXCEPTION_EVENTS_MAX = 4;

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
/** `exception` is Micrometer's. */
const TYPE_KEYS = [ATTR_EXCEPTION_TYPE, ATTR_ERROR_TYPE, "exception"];
const TEXT_KEYS = [
  ATTR_EXCEPTION_MESSAGE,
  ATTR_ERROR_MESSAGE,
  "grpc.message", // Envoy
  "grpc.error_message",
  "response_code_details", // Envoy, where it is configured
  "response.code_details",
  "http.response.body",
  "http.response.body.content",
];

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

const EVENT_KEYS = [ATTR_EXCEPTION_TYPE, ATTR_EXCEPTION_MESSAGE];
const EVENT_TYPE_SLOT = 0;
const EVENT_MESSAGE_SLOT = 1;

export class RefusalSignReader {
  readonly #spanTable = new KeyTable(spanKeys);
  readonly #eventTable = new KeyTable(EVENT_KEYS);
  readonly #attributes = new AttributeSlots(spanKeys);
  readonly #event = new AttributeSlots(EVENT_KEYS);

  read(view: SpanView): RefusalSigns {
    const exceptions = this.#scan(view);
    const { bytes, startTimeUnixMillis: startedAt, statusMessageStart, statusMessageEnd } = view;
    const challenges = this.#texts(bytes, CHALLENGE_SLOTS, CHALLENGE_MAX_BYTES).flatMap(parseChallenges);
    const descriptions = challenges.map(({ errorDescription }) => errorDescription);
    const statusMessage = cutText(bytes, statusMessageStart, statusMessageEnd);
    return {
      challenges,
      exceptionTypes: [...exceptions.types, ...this.#texts(bytes, TYPE_SLOTS, TEXT_MAX_LENGTH)],
      texts: [
        ...descriptions,
        ...exceptions.messages,
        statusMessage,
        ...this.#texts(bytes, TEXT_SLOTS, TEXT_MAX_LENGTH),
      ].filter((text) => text !== ""),
      credentials: readCredentials(this.#attributes, bytes, CREDENTIAL_SLOTS),
      startedAt,
    };
  }

  #scan({ bytes, spanStart, spanEnd }: SpanView): { readonly types: string[]; readonly messages: string[] } {
    const types: string[] = [];
    const messages: string[] = [];
    this.#attributes.clear();
    let eventCount = 0;
    let position = spanStart;
    while (position < spanEnd) {
      const tag = readVarint32(bytes, position, spanEnd);
      position = skipCheckedField(bytes, tag, cursor.position, spanEnd);
      if (tag === SPAN_ATTRIBUTES) scanAttribute(bytes, cursor.position, position, this.#spanTable, this.#attributes);
      else if (tag === SPAN_EVENTS && this.#scanEvent(bytes, cursor.position, position)) {
        if (++eventCount > EXCEPTION_EVENTS_MAX) continue;
        types.push(...textsIn(this.#event, bytes, EVENT_TYPE_SLOT, TEXT_MAX_LENGTH));
        messages.push(...textsIn(this.#event, bytes, EVENT_MESSAGE_SLOT, TEXT_MAX_LENGTH));
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

  #texts(bytes: Uint8Array, slots: readonly number[], lengthMax: number): readonly string[] {
    const texts: string[] = [];
    for (const slot of slots) {
      if (this.#attributes.has(slot)) texts.push(...textsIn(this.#attributes, bytes, slot, lengthMax));
    }
    return texts;
  }
}

function cutText(bytes: Uint8Array, start: number, end: number): string {
  return start === -1 ? "" : readText(bytes, start, Math.min(end, start + TEXT_MAX_LENGTH));
}
