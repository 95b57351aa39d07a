/**
 * Credentials that are recognised by their own form, whatever stands before them: tokens with a known beginning,
 * `Bearer …`, private keys, the password within an address.
 *
 * Every reader is shown the text and the place of an anchor, and answers what was found and from where to go on.
 * It never reads back before `from` and never reads the same characters for two anchors, which keeps the whole
 * linear in the length of the text.
 */
import { looksRandom } from "./harmless-value.ts";
import { decodeBase64Url, jwtMarker } from "./jwt-marker.ts";
import type { FoundSecret, SecretKind } from "./secret-kind.ts";
import { MARKER_START, markerOf } from "./secret-kind.ts";

/** `text` has one character for each byte. */
export type Reading = {
  readonly found: readonly FoundSecret[];
  /** Anchors before this place have been dealt with. */
  readonly end: number;
};

/** Starts at `eyJ`. Without a dot it is some other encoded JSON: a cursor, a configuration. */
export function readJwt(text: string, at: number, from: number): Reading {
  const end = endOf(TOKEN_RUN, text, at);
  if (at > from && isTokenCharacter(text.charCodeAt(at - 1))) return { found: [], end };
  const token = text.slice(at, end);
  const dot = token.indexOf(".");
  if (dot < JWT_HEADER_MIN_CHARACTERS || dot === token.length - 1) return { found: [], end };
  return { found: [{ start: at, end, kind: "jwt", marker: jwtMarker(token) }], end };
}

const TOKEN_RUN = /[\w.-]*/y;
/** `{"alg":""}`, encoded. */
const JWT_HEADER_MIN_CHARACTERS = 12;

/** `Bearer` or `Basic` and what follows: a credential, a challenge (`Bearer realm=…`) or prose. */
export function readScheme(text: string, at: number): Reading {
  const scheme = schemeAround(text, at);
  if (scheme === null) return { found: [], end: at + 1 };
  const start = scheme.end;
  const end = endOf(CREDENTIAL_RUN, text, start);
  const credential = text.slice(start, end);
  // `realm="…"` is a parameter of a challenge, and `Bearer [redacted…]` has nothing left to find.
  if (text.charAt(end) === '"' && credential.endsWith("=")) return { found: [], end: start };
  const found = scheme.kind === "bearer" ? bearerOf(credential) : basicOf(credential);
  if (found === null) return { found: [], end: start };
  return { found: [{ start, end: start + credential.length, kind: found.kind, marker: found.marker }], end };
}

/** Also as an address or a form has the blank. */
const BLANK_AFTER_SCHEME = /(?:[ \t]|%20|\+){1,4}/y;
const CREDENTIAL_RUN = /[\w.~+/%-]*={0,3}/y;

type Scheme = { readonly kind: "bearer" | "basic"; readonly end: number };

/** The anchor lies within the word: `bea[rer]`, `b[asi]c`. */
function schemeAround(text: string, at: number): Scheme | null {
  for (const [word, offset] of [
    ["bearer", 3],
    ["basic", 1],
  ] as const) {
    const start = at - offset;
    if (start < 0 || text.slice(start, start + word.length).toLowerCase() !== word) continue;
    const wordEnd = start + word.length;
    const end = endOf(BLANK_AFTER_SCHEME, text, wordEnd);
    return end === wordEnd ? null : { kind: word, end };
  }
  return null;
}

function bearerOf(credential: string): { readonly kind: SecretKind; readonly marker: string } | null {
  if (isJwt(credential)) return { kind: "jwt", marker: jwtMarker(credential) };
  return looksRandom(credential) || isMixedCase(credential) ? { kind: "bearer", marker: markerOf("bearer") } : null;
}

/** Longer ones are not decoded, so that a text full of them costs no more than its length. */
const BASIC_MAX_CHARACTERS = 400;

function isMixedCase(word: string): boolean {
  return word.length >= 12 && /[a-z][A-Z]/.test(word) && !/(?:error|exception)$/i.test(word);
}

/** Base64 of `user:password`; anything else after the word is prose, but for what no language has a word for. */
function basicOf(credential: string): { readonly kind: SecretKind; readonly marker: string } | null {
  if (credential.length > BASIC_MAX_CHARACTERS) return { kind: "basic", marker: markerOf("basic") };
  const decoded = decodeBase64Url(credential.replaceAll("%3D", "="));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what no name or password has.
  const isPair = decoded.includes(":") && !/[\u0000-\u001f\u007f]/.test(decoded);
  return isPair ? { kind: "basic", marker: markerOf("basic") } : null;
}

export function isJwt(text: string): boolean {
  return /^eyJ[\w-]{9,}\.[\w-]/.test(text);
}

/** `https://user:password@host`: the password is replaced, and a token in the place of the user. */
export function readUserInfo(text: string, at: number): Reading {
  const start = at + "://".length;
  const end = endOf(AUTHORITY, text, start);
  const authority = text.slice(start, end);
  const sign = authority.lastIndexOf("@");
  if (sign === -1 || isMarked(authority)) return { found: [], end: start };
  const colon = authority.indexOf(":");
  const hasPassword = colon !== -1 && colon < sign;
  const secretStart = hasPassword ? start + colon + 1 : start;
  const secret = text.slice(secretStart, start + sign);
  const isSecret = hasPassword ? secret !== "" && !isMarked(secret) : secret.length >= 16 && looksRandom(secret);
  if (!isSecret || /^(?:\*+|x{3,}|redacted)$/i.test(secret)) return { found: [], end: start + sign };
  const kind = hasPassword ? "password" : "token";
  return { found: [{ start: secretStart, end: start + sign, kind, marker: markerOf(kind) }], end: start + sign };
}

const AUTHORITY = /[^\t\n\r /?#"'<>\\]{0,1024}/y;

/** PEM: from `-----BEGIN … PRIVATE KEY-----` to its end, or to that of a text that was cut. */
export function readPrivateKey(text: string, at: number, from: number): Reading {
  const start = at - "-----BE".length;
  if (start < from) return { found: [], end: at + 1 };
  PEM_BEGIN.lastIndex = start;
  if (!PEM_BEGIN.test(text)) return { found: [], end: at + 1 };
  const bodyStart = PEM_BEGIN.lastIndex;
  if (text.startsWith(MARKER_START, bodyStart)) return { found: [], end: bodyStart };
  const endLine = text.indexOf("-----END", bodyStart);
  const end = endLine === -1 ? text.length : endLine;
  if (end === bodyStart) return { found: [], end };
  return { found: [{ start: bodyStart, end, kind: "private_key", marker: markerOf("private_key") }], end };
}

const PEM_BEGIN = /-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----/y;

export type TokenForm = { readonly pattern: RegExp; readonly kind: SecretKind };

/** Tokens that their issuers gave a beginning of its own, so that they can be found. Sticky patterns. */
export const TOKEN_FORMS: readonly TokenForm[] = [
  { pattern: /gh[opsur]_[A-Za-z\d]{20,255}/y, kind: "token" },
  { pattern: /github_pat_\w{20,255}/y, kind: "token" },
  { pattern: /glpat-[\w-]{16,255}/y, kind: "token" },
  { pattern: /shpat_[a-fA-F\d]{20,64}/y, kind: "token" },
  { pattern: /npm_[A-Za-z\d]{30,64}/y, kind: "token" },
  { pattern: /dckr_[op]at_[\w-]{20,255}/y, kind: "token" },
  { pattern: /xox[a-z]-[\w-]{10,255}/y, kind: "token" },
  { pattern: /[sr]k_(?:live|test)_[A-Za-z\d]{10,255}/y, kind: "api_key" },
  { pattern: /sk-(?:[a-z]{2,10}\d{0,2}-)?[\w-]{20,255}/y, kind: "api_key" },
  { pattern: /A(?:KI|SI)A[A-Z\d]{16}(?![A-Z\d])/y, kind: "api_key" },
  { pattern: /AIza[\w-]{35}/y, kind: "api_key" },
];

/** How far an anchor lies within the longest of these beginnings: `github_p[at_]`. */
const TOKEN_ANCHOR_OFFSET_MAX = 8;

export function readKnownToken(text: string, at: number, from: number, forms: readonly TokenForm[]): Reading {
  const earliest = Math.max(from, at - TOKEN_ANCHOR_OFFSET_MAX);
  for (let start = at; start >= earliest; start--) {
    if (start > 0 && isTokenCharacter(text.charCodeAt(start - 1))) continue;
    for (const { kind, pattern } of forms) {
      const end = endOf(pattern, text, start);
      if (end > at) return { found: [{ start, end, kind, marker: markerOf(kind) }], end };
    }
  }
  return { found: [], end: at + 1 };
}

export function isMarked(text: string): boolean {
  return text.startsWith(MARKER_START);
}

/** Where the sticky pattern's match at the place ends; the place itself when there is none. */
export function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/**
 * The same for a pattern that may match again and again. Such patterns match a bounded length at a time: one
 * that chooses at every character keeps all its choices, and a text of megabytes would overflow that memory.
 */
export function endOfRun(pattern: RegExp, text: string, at: number): number {
  let end = at;
  for (let next = endOf(pattern, text, end); next !== end; next = endOf(pattern, text, end)) end = next;
  return end;
}

/** Letters, digits, `_` and `-`: what a token goes on with. */
function isTokenCharacter(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x5f ||
    code === 0x2d
  );
}
