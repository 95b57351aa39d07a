/**
 * Secrets in `INSERT INTO users (name, password) VALUES ('anna', 'hunter2')`, where a value is far from its name.
 *
 * All columns are looked at when the first of a secret's name is met, and all rows that follow.
 */
import type { Reading } from "./credential-forms.ts";
import { endOf, endOfRun } from "./credential-forms.ts";
import { isHarmlessValue } from "./harmless-value.ts";
import type { FoundSecret, SecretKind } from "./secret-kind.ts";
import { markerOf } from "./secret-kind.ts";

/** From a column's name to the parentheses around all of them. */
const COLUMNS_MAX_CHARACTERS = 4_000;
const INSERT_INTO = /\b(?:insert|replace)\s{1,8}(?:ignore\s{1,8})?into\s{1,8}[\w."`[\]]{1,200}\s{0,8}$/i;
const BEFORE_TABLE_MAX_CHARACTERS = 300;
const VALUES = /\)\s{0,8}values\s{0,8}\(/iy;
const OPENING_QUOTE = /\s{0,8}[en]?'/iy;
/** Quotes within are doubled or escaped. */
const QUOTED_REST = /(?:[^'\\]|''|\\.){1,10000}/sy;
/** Up to a comma or a parenthesis of the row. */
const UNQUOTED = /[^,()']*(?:\([^()]*\))?[^,()']*/y;
const NEXT_ROW = /\)\s{0,8},\s{0,8}\(/y;

/** Null when the name at that place is no column of an INSERT. */
export function readInsert(
  text: string,
  name: { readonly start: number; readonly end: number },
  kindOfName: (name: string) => SecretKind | null,
): Reading | null {
  const earliest = Math.max(0, name.start - COLUMNS_MAX_CHARACTERS);
  const open = text.slice(earliest, name.start).lastIndexOf("(") + earliest;
  const close = text.slice(name.end, name.end + COLUMNS_MAX_CHARACTERS).indexOf(")") + name.end;
  if (open < earliest || close < name.end) return null;
  if (!INSERT_INTO.test(text.slice(Math.max(0, open - BEFORE_TABLE_MAX_CHARACTERS), open))) return null;
  const rowStart = endOf(VALUES, text, close);
  if (rowStart === close) return null;
  const columns = text.slice(open + 1, close).split(",");
  return readRows(
    text,
    rowStart,
    columns.map((column) => kindOfName(column.replace(/[\s"`[\]]/g, ""))),
  );
}

function readRows(text: string, firstRow: number, kinds: ReadonlyArray<SecretKind | null>): Reading {
  const found: FoundSecret[] = [];
  let at = firstRow;
  for (let rowStart = firstRow; ; rowStart = endOf(NEXT_ROW, text, at)) {
    if (rowStart === at && rowStart !== firstRow) return { found, end: at };
    at = rowStart;
    for (const kind of kinds) {
      const quotedEnd = endOfQuoted(text, at);
      const end = quotedEnd === at ? endOf(UNQUOTED, text, at) : quotedEnd;
      if (kind !== null && quotedEnd !== at) found.push(...secretIn(text, { start: at, end }, kind));
      at = text.charAt(end) === "," ? end + 1 : end;
    }
    if (rowStart === at) return { found, end: at };
  }
}

/** After the closing quote, or at the end of a text that was cut; the place itself where no quote begins. */
function endOfQuoted(text: string, at: number): number {
  const start = endOf(OPENING_QUOTE, text, at);
  if (start === at) return at;
  const end = endOfRun(QUOTED_REST, text, start);
  return text.charAt(end) === "'" ? end + 1 : end;
}

/** Without its quotes. */
function secretIn(text: string, item: { readonly start: number; readonly end: number }, kind: SecretKind) {
  const start = text.indexOf("'", item.start) + 1;
  const isClosed = item.end > start && text.charAt(item.end - 1) === "'";
  const end = isClosed ? item.end - 1 : item.end;
  return isHarmlessValue(text.slice(start, end)) ? [] : [{ start, end, kind, marker: markerOf(kind) }];
}
