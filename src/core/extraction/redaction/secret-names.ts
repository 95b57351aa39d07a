/**
 * Which names stand for secrets: of attributes, of headers, of parameters, of fields in a text.
 *
 * People write one name in many ways (`clientSecret`, `CLIENT_SECRET`, `X-Client-Secret`), so a name is cut into
 * words, and the last ones decide: `db.password` is a secret and `password_reset` is none, `api_key` is and
 * `api_key_id` is not.
 */
import type { SecretKind } from "./secret-kind.ts";
import { MARKER_START } from "./secret-kind.ts";

const NAME_MAX_CHARACTERS = 256;

const BY_LAST_WORD: Readonly<Record<string, SecretKind>> = {
  password: "password",
  passwords: "password",
  passwd: "password",
  passphrase: "password",
  pwd: "password",
  secret: "secret",
  secrets: "secret",
  token: "token",
  bearer: "bearer",
  apikey: "api_key",
  authkey: "api_key",
  accesskey: "api_key",
  secretkey: "secret",
  privatekey: "private_key",
  credential: "credential",
  credentials: "credential",
  authorization: "credential",
  cookie: "cookie",
  cookies: "cookie",
};

/** Run together with what stands before: `accesstoken`, `userpassword`, `xapikey`. */
const BY_ENDING: ReadonlyArray<readonly [ending: string, SecretKind]> = [
  ["password", "password"],
  ["passwd", "password"],
  ["secret", "secret"],
  ["token", "token"],
  ["apikey", "api_key"],
];

/** What a key must be for to be a secret: a primary key is none. */
const BEFORE_KEY: Readonly<Record<string, SecretKind>> = {
  api: "api_key",
  access: "api_key",
  account: "api_key",
  auth: "api_key",
  function: "api_key",
  functions: "api_key",
  master: "secret",
  shared: "secret",
  secret: "secret",
  signing: "private_key",
  encryption: "private_key",
  private: "private_key",
  subscription: "api_key",
};

/** Tokens that open nothing: places in a list, signals, the words of a parser. */
const HARMLESS_BEFORE_TOKEN = new Set(["page", "next", "continuation", "cancellation", "cursor", "sync", "unexpected"]);
const HARMLESS_TOKENS = /^(?:next|page|continuation|cancellation)page?token$/;

/** Secrets in the query of an address only: elsewhere these are everyday words. */
const IN_QUERY: Readonly<Record<string, SecretKind>> = {
  key: "api_key",
  auth: "credential",
  code: "code",
  pass: "password",
  otp: "code",
  sig: "signature",
  signature: "signature",
  session: "session",
  sessionid: "session",
  sid: "session",
  assertion: "credential",
};

/** Secrets as the name of a quoted field: `"pass": "…"`. */
const IN_FIELDS: Readonly<Record<string, SecretKind>> = {
  pass: "password",
  otp: "code",
  totp: "code",
};

const SESSION_NAMES = /^(?:j|php|asp|aspx)sess?ion_?id[a-z]*$|^phpsessid$|^aspsessionid[a-z]*$/;

/** What the value under that name is, null when it is no secret. */
export function secretKindOfName(name: string): SecretKind | null {
  // With an assignment or a marker in it, it is a text and no name.
  if (name.length > NAME_MAX_CHARACTERS || name.includes("=") || name.includes(MARKER_START)) return null;
  const words = wordsOf(name);
  const last = words.at(-1) ?? "";
  const before = words.at(-2) ?? "";
  if (last === "token" && HARMLESS_BEFORE_TOKEN.has(before)) return null;
  if (last === "key") return BEFORE_KEY[before] ?? null;
  // A password's hash is for guessing at.
  if (last === "hash" && BY_LAST_WORD[before] === "password") return "password";
  const byWord = BY_LAST_WORD[last];
  if (byWord !== undefined) return byWord;
  if (SESSION_NAMES.test(last)) return "session";
  if (HARMLESS_TOKENS.test(last)) return null;
  return BY_ENDING.find(([ending]) => last.endsWith(ending))?.[1] ?? null;
}

/** The same for a parameter in the query of an address. */
export function secretKindOfParameter(name: string): SecretKind | null {
  const known = secretKindOfName(name);
  if (known !== null) return known;
  const words = wordsOf(name);
  const joined = words.slice(-2).join("");
  return IN_QUERY[joined] ?? IN_QUERY[words.at(-1) ?? ""] ?? null;
}

/** What is a secret only as the name of a field whose name and value are quoted, as in JSON. */
export function secretKindOfField(name: string): SecretKind | null {
  return IN_FIELDS[wordsOf(name).at(-1) ?? ""] ?? null;
}

/** In lower case, without numbers at the end: `password2` is a password too. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+|(?<=\d)(?=[a-z])/)
    .map((word) => word.replace(/\d+$/, ""))
    .filter((word) => word !== "");
}
