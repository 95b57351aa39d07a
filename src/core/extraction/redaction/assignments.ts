/**
 * Secrets that are recognised by the name before them: `password=…`, `"token": "…"`, `Cookie: …`, `--api-key …`.
 *
 * Texts come from everywhere: addresses, forms, JSON and its likes, dumps of headers, statements of SQL, command
 * lines, prose. The name is read around an anchor, then what separates it from its value, then the value to where
 * that kind of text ends it. Where an error merely speaks of a credential (`invalid token: expired`), nothing is
 * found. Cautious where it is cheap: after an equals sign any word is a secret, in prose only what looks like one.
 */
import type { Reading } from "./credential-forms.ts";
import { endOf, endOfRun, isJwt, isMarked } from "./credential-forms.ts";
import { isHarmlessValue, looksRandom } from "./harmless-value.ts";
import { secretsInHeader } from "./header-values.ts";
import { jwtMarker } from "./jwt-marker.ts";
import type { FoundSecret, SecretKind } from "./secret-kind.ts";
import { MARKER_START, markerOf } from "./secret-kind.ts";
import { secretKindOfField, secretKindOfName, secretKindOfParameter } from "./secret-names.ts";
import { readInsert } from "./sql-insert.ts";

export type NameTest = (name: string) => SecretKind | null;
/** What is known of names; `isIgnored`: an operator wants the value to stay, wherever the name stands. */
export type NameTests = { readonly kindOf: NameTest; readonly isIgnored: (name: string) => boolean };

/** To either side of an anchor; longer names are cut. */
const NAME_SIDE_MAX_CHARACTERS = 64;

/** Reads the assignment whose name lies around `at`, if it is one. */
export function readAssignment(text: string, at: number, from: number, names: NameTests): Reading {
  const name = nameAround(text, at, from);
  if (text.startsWith(MARKER_START, name.start - MARKER_START.length)) return { found: [], end: name.end };
  const named = text.slice(name.start, name.end);
  if (names.isIgnored(named)) return { found: [], end: name.end };
  const separator = separatorAfter(text, name, named);
  if (separator === null) return readInsert(text, name, names.kindOf) ?? { found: [], end: name.end };
  const isParameter = separator.sign === "=" && isInQuery(text, name.start);
  const kindAnywhere = names.kindOf(named) ?? (isQuotedField(text, name, separator) ? secretKindOfField(named) : null);
  const kind =
    separator.sign === "/" ? kindOfPath(named) : (kindAnywhere ?? (isParameter ? secretKindOfParameter(named) : null));
  if (kind === null || (separator.sign === "blank" && kind !== "password")) return { found: [], end: name.end };
  return readValue(text, { kind, separator, isParameter, isSure: kindAnywhere !== null });
}

/** `"pass": "…"`, also escaped: what is a secret there may be an everyday word elsewhere. */
function isQuotedField(text: string, name: Span, { end, sign }: Separator): boolean {
  return sign === ":" && /["']/.test(text.charAt(name.start - 1)) && endOf(OPENING_QUOTE, text, end) !== end;
}

/** `/reset-password/…`, `/token/…`: what follows opens the door, if it looks random. */
function kindOfPath(name: string): SecretKind | null {
  return /passw/i.test(name) || secretKindOfName(name) === "token" ? "token" : null;
}

type Span = { readonly start: number; readonly end: number };

function nameAround(text: string, at: number, from: number): Span {
  const earliest = Math.max(from, at - NAME_SIDE_MAX_CHARACTERS, 0);
  let start = at;
  while (start > earliest && NAME_CHARACTER.test(text.charAt(start - 1))) start--;
  const end = endOf(NAME_REST, text, at);
  // What an escape leaves in front of a name: `%22password%22`.
  if (text.charAt(start - 1) === "%" && ESCAPED.test(text.slice(start, start + 2))) start += 2;
  // `API key`: a key alone is none.
  const before = /^key$/i.test(text.slice(start, end))
    ? WORD_BEFORE.exec(text.slice(Math.max(from, start - 16), start))
    : null;
  return { start: start - (before?.[0].length ?? 0), end };
}

const WORD_BEFORE = /[a-z]{2,14} $/i;
const NAME_CHARACTER = /[\w.-]/;
const NAME_REST = /[\w.-]{0,64}/y;
const ESCAPED = /^(?:2[0267cC]|3[bBfF]|7[bB])/;

type Separator = {
  /**
   * What kind of text this is: parameters, fields, a command line, XML, a path, a list of names and values, a value
   * in quotes or a word after a blank.
   */
  readonly sign: "=" | ":" | "flag" | ">" | "/" | "list" | "blank" | "word";
  readonly isEscaped: boolean;
  readonly end: number;
};

function separatorAfter(text: string, name: Span, named: string): Separator | null {
  SEPARATOR.lastIndex = name.end;
  const [matched, sign = ""] = SEPARATOR.exec(text) ?? [];
  if (matched !== undefined) {
    const isEscaped = sign.startsWith("%");
    const kind = sign === ":" || sign.toUpperCase() === "%3A" ? ":" : "=";
    return { sign: kind, isEscaped, end: SEPARATOR.lastIndex };
  }
  const tagEnd = isTag(text, name) ? endOf(TAG_REST, text, name.end) : name.end;
  if (tagEnd !== name.end) return { sign: ">", isEscaped: false, end: tagEnd };
  const before = text.charAt(name.start - 1);
  if (before === "/" && text.charAt(name.end) === "/") return { sign: "/", isEscaped: false, end: name.end + 1 };
  const listEnd = /["']/.test(before) ? endOf(LIST_SEPARATOR, text, name.end) : name.end;
  if (listEnd !== name.end) return { sign: "list", isEscaped: false, end: listEnd };
  const blankEnd = endOf(BLANKS, text, name.end);
  if (blankEnd === name.end) return null;
  if (named.startsWith("-") && text.charAt(blankEnd) !== "-") return { sign: "flag", isEscaped: false, end: blankEnd };
  if (/['"]/.test(text.charAt(blankEnd))) return { sign: "blank", isEscaped: false, end: blankEnd };
  return /[\w]/.test(text.charAt(blankEnd)) ? { sign: "word", isEscaped: false, end: blankEnd } : null;
}

/** An equals sign or a colon, after the quote that ends the name; not the comparison, not `Token::of`. */
const SEPARATOR = /(?:\\{0,8}["'`]|%22|%27|\]|%5D)?[ \t]{0,4}(=>|:=|=(?!=)|:(?![:/])|%3D|%3A)[ \t]{0,4}/iy;
/** `>`, also after attributes: `<Password Type="…">`. */
const TAG_REST = /(?:\s[^<>]{0,300})?>/y;
const TAG_START = /<(?:[\w-]{1,32}:)?$/;
const TAG_START_MAX_CHARACTERS = 34;
const LIST_SEPARATOR = /["'][ \t]{0,4},[ \t]{0,4}(?=["'])/y;
const BLANKS = /[ \t]{1,4}/y;

/** `<password`, `<wsse:Password`. */
function isTag(text: string, { start }: Span): boolean {
  return TAG_START.test(text.slice(Math.max(0, start - TAG_START_MAX_CHARACTERS), start));
}

/** After `?` or `&`, or at the start of a text that is a query or a form. */
function isInQuery(text: string, nameStart: number): boolean {
  return (
    nameStart === 0 ||
    /[?&#]/.test(text.charAt(nameStart - 1)) ||
    /%(?:3F|26|23)$/i.test(text.slice(nameStart - 3, nameStart))
  );
}

type Assignment = {
  readonly kind: SecretKind;
  readonly separator: Separator;
  readonly isParameter: boolean;
  /** The name is that of a secret anywhere; otherwise the value has to look like one. */
  readonly isSure: boolean;
};

function readValue(text: string, assignment: Assignment): Reading {
  const { kind, separator } = assignment;
  OPENING_QUOTE.lastIndex = separator.end;
  const [opening, quote = ""] = OPENING_QUOTE.exec(text) ?? [];
  if (opening !== undefined) {
    const start = OPENING_QUOTE.lastIndex;
    const end = closingQuote(text, start, quote);
    return judged(text, { start, end }, { ...assignment, isQuoted: true });
  }
  if (separator.sign === ":" && (kind === "cookie" || kind === "credential"))
    return readHeader(text, kind, separator.end);
  const end = unquotedEnd(text, assignment);
  return judged(text, { start: separator.end, end }, { ...assignment, isQuoted: false });
}

/** A header in a dump goes to the end of its line. Prose about it is told apart by how it begins. */
function readHeader(text: string, kind: "cookie" | "credential", start: number): Reading {
  const begins = kind === "cookie" ? COOKIE_PAIR : AUTHORIZATION;
  if (endOf(begins, text, start) === start && !isRandomWithin(text, start)) return { found: [], end: start };
  const value = text.slice(start, headerEnd(text, start));
  const secrets = secretsInHeader(kind, value) ?? [whole(kind, value)];
  const end = secrets.length === 0 ? start : start + value.length;
  return { found: secrets.map((secret) => shifted(secret, start)), end };
}

const COOKIE_PAIR = /[^ \t\r\n=;"']{1,128}=/y;
const AUTHORIZATION =
  /(?:bearer|basic|digest|negotiate|ntlm|token|api-?key|aws4-hmac-sha256|hmac|dpop|hawk|oauth|mac|signature)[ \t]/iy;
const FIRST_WORDS = /[^ \t\r\n"']{1,64}(?:[ \t]{1,4}[^ \t\r\n"']{1,64})?/y;

function isRandomWithin(text: string, start: number): boolean {
  const words = text.slice(start, endOf(FIRST_WORDS, text, start)).split(/[ \t]+/);
  return words.some((word) => !isMarked(word) && looksRandom(word));
}

const OPENING_QUOTE = /[bu]?(\\{0,8}["'`]|%22|%27)/iy;

/** Some schemes have quotes in their values; otherwise a quote or a bracket ends what surrounds the header. */
function headerEnd(text: string, start: number): number {
  return endOfRun(endOf(SCHEME_WITH_QUOTES, text, start) === start ? HEADER_REST : LINE_REST, text, start);
}

const SCHEME_WITH_QUOTES = /(?:digest|hawk|oauth|signature|mac)[ \t]/iy;
const LINE_REST = /[^\r\n]*/y;
const HEADER_REST = /(?:[^\r\n"'\]}\\]|\\(?![nr"'\\])){1,10000}/y;

/** That of the same kind; the end of the text when it was cut before. A backslash keeps a quote from closing. */
function closingQuote(text: string, start: number, quote: string): number {
  if (quote.startsWith("%")) {
    const end = text.indexOf(quote, start);
    return end === -1 ? endOfRun(ESCAPED_VALUE, text, start) : end;
  }
  for (let end = text.indexOf(quote, start); end !== -1; end = text.indexOf(quote, end + quote.length)) {
    if (text.charAt(end - 1) !== "\\" || end === start) return end;
  }
  return text.length;
}

function unquotedEnd(text: string, { isParameter, kind, separator }: Assignment): number {
  const start = separator.end;
  if (separator.sign === ">") return endOf(XML_VALUE, text, start);
  if (separator.sign === "/" || separator.sign === "word") return endOf(BARE_TOKEN, text, start);
  if (kind === "session") return endOf(SESSION_ID, text, start);
  if (separator.isEscaped) return endOfRun(ESCAPED_VALUE, text, start);
  if (isParameter) return endOf(PARAMETER_VALUE, text, start);
  if (separator.sign === "flag") return endOf(WORD, text, start);
  return endOfRun(FIELD_VALUE, text, start);
}

const BARE_TOKEN = /[\w.~-]{0,500}/y;
const XML_VALUE = /[^<]*/y;
const PARAMETER_VALUE = /[^&# \t\r\n"'<>]*/y;
const ESCAPED_VALUE = /(?:(?!%(?:26|23|22|27|7D|2C))[^&# \t\r\n"'<>]){1,10000}/iy;
/** May stand in the middle of a path. */
const SESSION_ID = /[\w.!+~%-]*/y;
const WORD = /[^ \t\r\n"'`]*/y;
/** Brackets, commas and the like end a value unless it plainly goes on: in front of another name they do. */
const FIELD_VALUE =
  /(?:[^ \t\r\n,;&"'`<>(){}[\]|\\]|\\(?![nrt"'])|[,;&)}\]|<>({[](?=[^ \t\r\n,;&"'`<>(){}[\]|\\=:])(?![\w. -]{1,64}(?:=|:))){1,10000}/y;

function judged(text: string, value: Span, assignment: Assignment & { readonly isQuoted: boolean }): Reading {
  const word = text.slice(value.start, value.end);
  if (isMarked(word)) return { found: [], end: value.end };
  if (isHarmlessValue(word) || isCode(text, word, assignment.separator.end) || !isConvincing(word, assignment)) {
    return { found: [], end: value.start };
  }
  const { kind } = assignment;
  const secrets = secretsInHeader(kind, word) ?? [whole(kind, word)];
  return { found: secrets.map((secret) => shifted(secret, value.start)), end: value.end };
}

/** `password = hash(…)`, `token = request.token`: as programs are written, with blanks around the sign. */
function isCode(text: string, word: string, separatorEnd: number): boolean {
  if (text.charAt(separatorEnd - 1) === " " && /^[a-z_][\w.]{0,120}\(/i.test(word)) return true;
  return /^[a-z_]+(?:\.[a-z_]+)+$/i.test(word) && secretKindOfName(word) !== null;
}

/** Where prose is likely, a value has to look like a secret. */
function isConvincing(word: string, assignment: Assignment & { readonly isQuoted: boolean }): boolean {
  const { isParameter, isQuoted, isSure, kind, separator } = assignment;
  if (separator.sign === "word") return word.length >= 16 && looksRandom(word);
  if (separator.sign === "/") return word.length >= 20 && looksRandom(word);
  if (separator.sign === "list") return looksRandom(word) || endOf(AUTHORIZATION, word, 0) > 0;
  if (!isSure || (isParameter && kind === "code")) return looksRandom(word);
  if (separator.sign !== ":") return true;
  return isQuoted || kind === "password" || kind === "secret" || looksRandom(word);
}

export function whole(kind: SecretKind, value: string): FoundSecret {
  const range = { start: 0, end: value.length };
  return isJwt(value)
    ? { ...range, kind: "jwt", marker: jwtMarker(value) }
    : { ...range, kind, marker: markerOf(kind) };
}

function shifted(secret: FoundSecret, by: number): FoundSecret {
  return { ...secret, start: secret.start + by, end: secret.end + by };
}
