/**
 * What a span shows of the credentials that came with its request.
 *
 * Only that there were some, their scheme, and the times a token claims for itself; the credential is
 * never copied out of the request's bytes. A redacted header still proves that one was sent.
 */
import type { AttributeSlots } from "../../otlp/span-view.ts";
import { readText } from "../../otlp/wire.ts";
import { timesOfMarker } from "../redaction/jwt-marker.ts";
import type { ByteRange } from "./captured-values.ts";
import { textRanges } from "./captured-values.ts";
import type { TokenTimes } from "./token-times.ts";
import { NO_TIMES, readTokenTimes } from "./token-times.ts";

export type SentCredentials = {
  /** `absent` proves nothing by itself: most senders capture no headers. */
  readonly authorization: "absent" | "redacted" | "readable";
  /** Of a readable header, in lower case; "" when it has none. */
  readonly scheme: string;
  /** The attribute that holds the header; "" when none does. */
  readonly source: string;
  readonly tokenTimes: TokenTimes;
  readonly hasApiKey: boolean;
  readonly hasCookie: boolean;
};

export type CredentialSlots = {
  readonly authorization: readonly number[];
  readonly apiKey: readonly number[];
  readonly cookie: readonly number[];
};

const SCHEME_MAX_BYTES = 32;
const MARKER_MAX_BYTES = 120;
const SPACE = 0x20;
const SCHEME = /^[A-Za-z][A-Za-z\d\-._]*$/;
const REDACTED_SCHEME = /^(redacted|masked|filtered|hidden|x+)$/i;

type Authorization = Pick<SentCredentials, "authorization" | "scheme" | "tokenTimes">;

const NONE_SEEN: Authorization = { authorization: "absent", scheme: "", tokenTimes: NO_TIMES };
const REDACTED: Authorization = { authorization: "redacted", scheme: "", tokenTimes: NO_TIMES };

export function readCredentials(slots: AttributeSlots, bytes: Uint8Array, keys: CredentialSlots): SentCredentials {
  const slot = keys.authorization.find((candidate) => slots.has(candidate));
  return {
    ...(slot === undefined ? NONE_SEEN : readAuthorization(slots, bytes, slot)),
    source: slots.keys[slot ?? -1] ?? "",
    hasApiKey: keys.apiKey.some((slot) => slots.has(slot)),
    hasCookie: keys.cookie.some((slot) => slots.has(slot)),
  };
}

function readAuthorization(slots: AttributeSlots, bytes: Uint8Array, slot: number): Authorization {
  const value = textRanges(slots, bytes, slot)[0];
  return value === undefined ? REDACTED : readHeader(bytes, value);
}

/** `Bearer eyJ…`. Without a space there is no telling a scheme from a marker that replaced the value. */
function readHeader(bytes: Uint8Array, { start, end }: ByteRange): Authorization {
  const space = bytes.indexOf(SPACE, start);
  if (space === -1 || space >= end || space - start > SCHEME_MAX_BYTES) return REDACTED;
  const scheme = readText(bytes, start, space);
  if (!SCHEME.test(scheme) || REDACTED_SCHEME.test(scheme)) return REDACTED;
  const tokenTimes = tokenTimesIn(bytes, space + 1, end);
  return { authorization: "readable", scheme: scheme.toLowerCase(), tokenTimes };
}

/** The token itself is there only where redaction is off; the marker in its place keeps its times. */
function tokenTimesIn(bytes: Uint8Array, start: number, end: number): TokenTimes {
  const times = readTokenTimes(bytes, start, end);
  if (times !== NO_TIMES) return times;
  return timesOfMarker(readText(bytes, start, Math.min(end, start + MARKER_MAX_BYTES)));
}
