/**
 * Turns whoever a request says to be, and the session that it says to be part of, into numbers that stand for them.
 *
 * Names are personal data, and are treated as addresses are: what is counted and kept is a keyed hash. Which
 * attribute named the user does not matter, so that a service may change its mind about that. What stands for nobody,
 * or was masked by somebody before us, is no user: one name for all of them would look like one account under attack.
 * A session's id may be as good as a password while it lasts: that its hash is keyed is what makes it harmless to keep.
 */
import type { SpanView } from "../otlp/span-view.ts";
import { SPAN_SLOT, USER_SLOTS } from "./attribute-keys.ts";
import type { SipHashKey } from "./siphash.ts";
import { shownNumber, sipHash24, sipHashNumber } from "./siphash.ts";

export const UNKNOWN_USER = 0;
export const UNKNOWN_SESSION = 0;

/** Differ from each other and from the kinds of addresses: no user can pose as a client, and no session as a user. */
const USER_KIND = 0xff;
const SESSION_KIND = 0xfe;
const NAME_CHARACTERS_MAX = 128;
const NOBODY: ReadonlySet<string> = new Set([
  "",
  "-",
  "unknown",
  "none",
  "null",
  "undefined",
  "anonymous",
  "anonymoususer",
  "guest",
  "redacted",
  "masked",
]);
/** Longer ones are nobody's placeholder. */
const NOBODY_CHARACTERS_MAX = 16;

const utf8 = new TextEncoder();
/** The kind, and room for the longest name. */
const encoded = new Uint8Array(1 + 3 * NAME_CHARACTERS_MAX);
const encodedName = encoded.subarray(1);

/** The user that a span names; UNKNOWN_USER when it names none. */
export function readUser(key: SipHashKey, { attributes, bytes }: SpanView): number {
  for (let index = 0; index < USER_SLOTS.length; index++) {
    const slot = USER_SLOTS[index] ?? 0;
    if (!attributes.has(slot)) continue;
    const user = fingerprintUserText(key, attributes.text(bytes, slot) ?? "");
    if (user !== UNKNOWN_USER) return user;
  }
  return UNKNOWN_USER;
}

export function fingerprintUserText(key: SipHashKey, text: string): number {
  return fingerprintName(key, USER_KIND, text);
}

/** The session that a span names; UNKNOWN_SESSION when it names none. */
export function readSession(key: SipHashKey, { attributes, bytes }: SpanView): number {
  if (!attributes.has(SPAN_SLOT.sessionId)) return UNKNOWN_SESSION;
  return fingerprintSessionText(key, attributes.text(bytes, SPAN_SLOT.sessionId) ?? "");
}

export function fingerprintSessionText(key: SipHashKey, text: string): number {
  return fingerprintName(key, SESSION_KIND, text);
}

/** As people see it: `u-9f3a61c20b4d`. */
export function formatUser(user: number): string {
  return `u-${shownNumber(user)}`;
}

export function formatSession(session: number): string {
  return `s-${shownNumber(session)}`;
}

/** 0 when it names nobody. */
function fingerprintName(key: SipHashKey, kind: number, text: string): number {
  const name = text.trim().slice(0, NAME_CHARACTERS_MAX);
  if (isNobody(name)) return 0;
  encoded[0] = kind;
  const { written } = utf8.encodeInto(name, encodedName);
  sipHash24(key, encoded, 0, written + 1);
  return sipHashNumber();
}

function isNobody(name: string): boolean {
  if (name.length > NOBODY_CHARACTERS_MAX) return false;
  // Stars, crosses and brackets are how values are masked.
  return NOBODY.has(name.toLowerCase().replaceAll(/[*x•<>[\]()]+/g, ""));
}
