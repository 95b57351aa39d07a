/**
 * Passwords that no name stands before and that are known by their place: in statements that create users, after
 * the user on a command line, in Oracle's addresses, after Redis' AUTH.
 *
 * Only a bounded piece of the text around an anchor is looked at, which keeps the whole linear.
 */
import type { Reading } from "./credential-forms.ts";
import { isMarked } from "./credential-forms.ts";
import { isHarmlessValue } from "./harmless-value.ts";
import { markerOf } from "./secret-kind.ts";

const BEFORE_MAX_CHARACTERS = 120;
const AFTER_MAX_CHARACTERS = 300;

/** Each has the password as a group; of several groups one matches. */
const CREATED_USER =
  /\bidentified\s{1,8}(?:with\s{1,8}[\w"'`]{1,40}\s{1,8})?by\s{1,8}(?:'([^']{1,256})|"([^"]{1,256})|([^\s;'"]{1,256}))/di;
const USER_OPTION = /\b(?:curl|http|https)\b[^\n]{0,80}\s(?:-u|--user)[ =]['"]?[^\s:'"]{1,80}:([^\s'"]{1,256})/d;
const ORACLE_ADDRESS = /\bthin:[\w$#]{1,80}\/([^\s@"']{1,256})@/di;
const REDIS_COMMAND = /^(?:HELLO \d )?AUTH (?:\S{1,80} )?(\S{1,256})/dm;

/** What an anchor may belong to, as it is spelled there. */
const PLACES: ReadonlyMap<string, RegExp> = new Map([
  ["IED", CREATED_USER],
  ["y '", CREATED_USER],
  ["Y '", CREATED_USER],
  ['y "', CREATED_USER],
  ['Y "', CREATED_USER],
  ["-u ", USER_OPTION],
  ["--u", USER_OPTION],
  ["in:", ORACLE_ADDRESS],
  ["TH ", REDIS_COMMAND],
]);

/** Undefined for most anchors. */
export function placeOfAnchor(anchor: string): RegExp | undefined {
  return PLACES.get(anchor);
}

export function readPlacedPassword(
  text: string,
  at: number,
  { from, place }: { from: number; place: RegExp },
): Reading {
  const windowStart = Math.max(from, at - BEFORE_MAX_CHARACTERS);
  const match = place.exec(text.slice(windowStart, at + AFTER_MAX_CHARACTERS));
  const [, ...groups] = match?.indices ?? [];
  const range = groups.find((group) => group !== undefined);
  if (range === undefined) return { found: [], end: at + 1 };
  const [start, end] = [windowStart + range[0], windowStart + range[1]];
  const word = text.slice(start, end);
  if (isMarked(word) || isHarmlessValue(word)) return { found: [], end: at + 1 };
  return { found: [{ start, end, kind: "password", marker: markerOf("password") }], end };
}
