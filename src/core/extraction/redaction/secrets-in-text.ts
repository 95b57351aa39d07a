/**
 * Every secret in one text, in order and without overlaps.
 *
 * Each anchor is shown to the readers that its three characters stand for. What a reader has dealt with is not
 * looked at again, so the time is linear in the length of the text whatever a sender puts into it.
 */
import type { NameTests } from "./assignments.ts";
import { readAssignment, whole } from "./assignments.ts";
import type { Reading, TokenForm } from "./credential-forms.ts";
import {
  isMarked,
  readJwt,
  readKnownToken,
  readPrivateKey,
  readScheme,
  readUserInfo,
  TOKEN_FORMS,
} from "./credential-forms.ts";
import { isHarmlessValue } from "./harmless-value.ts";
import { secretsInHeader } from "./header-values.ts";
import { placeOfAnchor, readPlacedPassword } from "./placed-passwords.ts";
import type { FoundSecret, SecretKind } from "./secret-kind.ts";
import { secretKindOfName } from "./secret-names.ts";

/** What an operator adds to what is found anyway. */
export type RedactionRules = {
  /** Names whose values are secrets: of attributes, headers, parameters, fields. In lower case. */
  readonly blockedKeys: readonly string[];
  /** Beginnings of tokens of one's own, of at least three characters. */
  readonly blockedPrefixes: readonly string[];
  /** Names whose values stay as they are. In lower case. */
  readonly ignoredKeys: readonly string[];
  /** Texts that are no secrets, where they are all of a value. */
  readonly allowedValues: readonly string[];
};

export const DEFAULT_RULES: RedactionRules = {
  blockedKeys: [],
  blockedPrefixes: [],
  ignoredKeys: [],
  allowedValues: [],
};

/** Ends of names that are secrets in a query only. */
const QUERY_NAME_ENDS = ["code", "auth", "sig", "sid", "nid", "n_id", "n-id", "n.id", "pass", "sion", "tion", "otp"];

/**
 * What is searched for, in buckets as `AnchorSearch` wants them. Chosen so that they are rare in what is no
 * secret: the middle of `password`, of `token`, of `authorization`; the equals sign or the quote after a short name.
 * Dealt out so that mixtures of a bucket's words are rare in the recordings and the benches: each costs a look.
 */
export const ANCHORS: ReadonlyArray<readonly string[]> = [
  ["passw", "passp", "pwd", 'pass"', "pass'", "pass\\"],
  ["secr", "toke", "cooki"],
  ["key", "authoriz", "bearer", "ture=", "thin:", "AIz"],
  ["://", " -u ", "--u", "AUTH "],
  QUERY_NAME_ENDS.map((end) => `${end}=`),
  ["ture%3d", ...QUERY_NAME_ENDS.map((end) => `${end}%3d`), "cred", 'otp":', "otp':", 'by "', "by '", "IDENTIFIED"],
  ["basi", "ghs_", "ghu_", "eyJ", "ASI", "AKI", "BEGIN"],
  ["ghp_", "gho_", "ghr_", "pat_", "oat_", "pat-", "sk-", "sk_", "rk_", "npm_", "xox"],
];
/** Shared with what an operator adds. */
const OWN_BUCKET = 6;

const USER_INFO = "://";
const PRIVATE_KEY = "GIN";
const JWT = "eyJ";
const SCHEMES = new Set(["rer", "asi"]);
/** In lower case. */
const TOKEN_BEGINNINGS = new Set("hp_ ho_ hs_ hu_ hr_ at_ at- sk- sk_ rk_ pm_ xox aki asi aiz".split(" "));

const NONE: readonly FoundSecret[] = [];
const KNOWN_KEYS_MAX = 2_000;
const KNOWN_KEY_MAX_CHARACTERS = 64;

export class SecretFinder {
  readonly anchors: ReadonlyArray<readonly string[]>;
  readonly #tokenForms: readonly TokenForm[];
  readonly #ownTokenBeginnings: ReadonlySet<string>;
  readonly #blockedKeys: ReadonlySet<string>;
  readonly #ignoredKeys: ReadonlySet<string>;
  readonly #allowedValues: ReadonlySet<string>;
  readonly #knownKeys = new Map<string, SecretKind | null>();

  constructor({ allowedValues, blockedKeys, blockedPrefixes, ignoredKeys }: RedactionRules) {
    const ownForms = blockedPrefixes.map((prefix): TokenForm => ({ pattern: tokenPattern(prefix), kind: "token" }));
    const ownPrefixes = blockedPrefixes.map(anchorOfPrefix);
    const ownNames = blockedKeys.map(anchorOfName);
    this.#tokenForms = [...TOKEN_FORMS, ...ownForms];
    this.#ownTokenBeginnings = new Set(ownPrefixes);
    this.#blockedKeys = new Set(blockedKeys);
    this.#ignoredKeys = new Set(ignoredKeys);
    this.#allowedValues = new Set(allowedValues);
    this.anchors = ANCHORS.map((words, bucket) =>
      bucket === OWN_BUCKET ? [...new Set([...words, ...ownPrefixes, ...ownNames])] : words,
    );
  }

  /** What the value under a key is: of an attribute, or of anything else that has a name. */
  readonly kindOfKey = (key: string): SecretKind | null => this.#kindOf(key);

  readonly #names: NameTests = { kindOf: this.kindOfKey, isIgnored: (name) => this.#isIgnoredName(name) };

  #readKey(key: string): SecretKind | null {
    if (this.#isIgnoredName(key)) return null;
    const lowerCased = key.toLowerCase();
    const lastPart = lastPartOf(lowerCased);
    if (this.#blockedKeys.has(lowerCased) || this.#blockedKeys.has(lastPart)) return "secret";
    return secretKindOfName(key);
  }

  #isIgnoredName(name: string): boolean {
    if (this.#ignoredKeys.size === 0) return false;
    const lowerCased = name.toLowerCase();
    return this.#ignoredKeys.has(lowerCased) || this.#ignoredKeys.has(lastPartOf(lowerCased));
  }

  /** Whether an operator wants the attribute's value left alone, whatever is in it. */
  isIgnored(key: string): boolean {
    return this.#ignoredKeys.has(key.toLowerCase());
  }

  /** The secrets in a value that is secret by its key. */
  inSecretValue(kind: SecretKind, value: string): readonly FoundSecret[] {
    if (isMarked(value) || isHarmlessValue(value) || this.#allowedValues.has(value)) return [];
    return secretsInHeader(kind, value) ?? [whole(kind, value)];
  }

  /** The secrets in any other text. `nextAnchor` tells the first place of an anchor from a place on. */
  inText(text: string, nextAnchor: (from: number) => number): readonly FoundSecret[] {
    const found: FoundSecret[] = [];
    if (this.#allowedValues.has(text)) return found;
    let done = 0;
    for (let at = nextAnchor(0); at < text.length; at = nextAnchor(Math.max(done, at + 1))) {
      const reading = this.#readAt(text, at, done);
      done = Math.max(done, reading.end);
      for (const secret of reading.found) if (!this.#isAllowed(text, secret)) found.push(secret);
    }
    return found;
  }

  #isAllowed(text: string, { start, end }: FoundSecret): boolean {
    return this.#allowedValues.size > 0 && this.#allowedValues.has(text.slice(start, end));
  }

  /** An anchor may stand for several things: the first that is there counts. */
  #readAt(text: string, at: number, from: number): Reading {
    const anchor = text.slice(at, at + 3);
    if (anchor === JWT) return readJwt(text, at, from);
    if (anchor === USER_INFO) return readUserInfo(text, at);
    const lowerCased = anchor.toLowerCase();
    let reading: Reading = { found: NONE, end: at + 1 };
    if (anchor === PRIVATE_KEY) reading = readPrivateKey(text, at, from);
    if (SCHEMES.has(lowerCased)) reading = readScheme(text, at);
    const place = placeOfAnchor(anchor);
    if (place !== undefined) reading = readPlacedPassword(text, at, { from, place });
    if (reading.found.length === 0 && (TOKEN_BEGINNINGS.has(lowerCased) || this.#ownTokenBeginnings.has(anchor))) {
      reading = readKnownToken(text, at, from, this.#tokenForms);
    }
    return reading.found.length > 0 ? reading : readAssignment(text, at, from, this.#names);
  }

  /** Names repeat, and reading one takes longer than finding it again. */
  #kindOf(key: string): SecretKind | null {
    let kind = this.#knownKeys.get(key);
    if (kind === undefined) {
      kind = this.#readKey(key);
      // Whoever sends ever new keys pays for them, and cannot fill the memory.
      if (this.#knownKeys.size >= KNOWN_KEYS_MAX) this.#knownKeys.clear();
      if (key.length <= KNOWN_KEY_MAX_CHARACTERS) this.#knownKeys.set(key, kind);
    }
    return kind;
  }
}

function lastPartOf(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

function tokenPattern(prefix: string): RegExp {
  return new RegExp(`${prefix.replaceAll(".", "\\.")}[\\w.-]{0,255}`, "y");
}

function anchorOfPrefix(prefix: string): string {
  return prefix.slice(0, 3);
}

/** The end of a name: shorter ones are found with the sign after them. */
function anchorOfName(name: string): string {
  return name.slice(-3);
}
