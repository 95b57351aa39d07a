/**
 * Makes text from telemetry safe to put before a person.
 *
 * Routes, services and attributes are written by whoever sends spans, at times by an attacker: a line
 * break can forge a second line of a log or a page, and direction marks can make text read as its
 * opposite. Lengths are counted in code points, as the services that receive the text count them.
 */

/** C0 and C1 controls, line and paragraph separators, marks and overrides of direction, and BOMs. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]+/gu;
const ELLIPSIS = "…";
const FIELD_CODE_POINTS_MAX = 256;

/** One line without control characters, at most `codePointsMax` long. */
export function plainLine(text: string, codePointsMax: number): string {
  // Cut first: what is beyond the limit need not be searched. Twice the limit always holds it.
  const head = text.slice(0, 2 * codePointsMax + 2).toWellFormed();
  return truncate(head.replace(UNSAFE, " ").trim(), codePointsMax);
}

/** The text, or as much of it as fits before an ellipsis. Never cuts a character in two. */
export function truncate(text: string, codePointsMax: number): string {
  if (text.length <= codePointsMax) return text;
  const codePoints = Array.from(text);
  if (codePoints.length <= codePointsMax) return text;
  return codePoints.slice(0, codePointsMax - 1).join("") + ELLIPSIS;
}

/** A name or value from telemetry, short enough to stand among others. */
export function field(text: string): string {
  return plainLine(text, FIELD_CODE_POINTS_MAX);
}
