/**
 * Tells at a glance that a text is not about authentication, as nearly all log records are not.
 *
 * Looks for the first four letters of some words anywhere in the bytes, whatever their case, with one step
 * and one bit for each byte. What passes may still be about something else; what does not pass could
 * not have matched any text or type that we know.
 */
const WORDS = [
  "auth",
  "token",
  "jwt",
  "jwk",
  "jws",
  "jwe",
  "cred",
  "pass",
  "login",
  "logon",
  "sign",
  "expir",
  "session",
  "cookie",
  "key",
  "kid",
  "kdc",
  "krb",
  "aud",
  "iss",
  "nbf",
  "iat",
  "alg",
  "scope",
  "mfa",
  "otp",
  "acr",
  "factor",
  "dpop",
  "csrf",
  "xsrf",
  "forgery",
  "clock",
  "skew",
  "timestamp",
  "header",
  "large",
  "kerberos",
  "ldap",
  "ticket",
  "account",
  "lock",
  "user",
  "revoked",
  "malformed",
  "segment",
  "certificate",
  "introspect",
  "oidc",
  "openid",
  "idx",
  "bearer",
  "grant",
  "client",
  "idp",
  "request",
  "immature",
  "prematur",
  "notbefore",
  "beforevalid",
  "unsecured",
  "data",
  "page",
  "gss",
  "email",
  "fresh",
  "callers",
  "identity",
  "keyring",
  "naming",
  "jose",
  "cryptographic",
  "exp",
  "verif",
  "mismatch",
  "disabled",
  "attempt",
  "saml",
  "hmac",
  "log in",
  "logged",
  "anonymous",
  "step",
  "2fa",
  "mutual",
  "mtls",
  "bcrypt",
  "argon",
  "hash",
  "oauth",
  "okta",
  "sso",
  "unreach",
];

const LETTER_BITS = 5;
const GRAM_LETTERS = 4;
const GRAM_MASK = 2 ** (LETTER_BITS * GRAM_LETTERS) - 1;
const OTHER = 0;
const DIGIT = 27;

/** Letters are 1 to 26 in either case, digits are one, all else is another. */
const CODES = new Uint8Array(256);
for (let letter = 0; letter < 26; letter++) {
  CODES[0x41 + letter] = letter + 1;
  CODES[0x61 + letter] = letter + 1;
}
CODES.fill(DIGIT, 0x30, 0x3a);

const grams = new Uint32Array((GRAM_MASK + 1) / 32);
for (const word of WORDS) for (const gram of gramsOf(word)) setBit(gram);

export function mayBeAboutAuthentication(bytes: Uint8Array, start: number, end: number): boolean {
  let gram = 0;
  for (let position = start; position < end; position++) {
    gram = ((gram << LETTER_BITS) | (CODES[bytes[position] ?? 0] ?? OTHER)) & GRAM_MASK;
    if (hasBit(gram)) return true;
  }
  // A word of three letters may end the text.
  return hasBit((gram << LETTER_BITS) & GRAM_MASK);
}

/** A word of three letters stands for itself with anything behind it. */
function gramsOf(word: string): readonly number[] {
  const letters = [...word.slice(0, GRAM_LETTERS)].map((letter) => CODES[letter.charCodeAt(0)] ?? OTHER);
  const gram = letters.reduce((sum, code) => (sum << LETTER_BITS) | code, 0);
  if (letters.length === GRAM_LETTERS) return [gram];
  return Array.from({ length: 2 ** LETTER_BITS }, (_, code) => (gram << LETTER_BITS) | code);
}

function setBit(gram: number): void {
  grams[gram >>> 5] = (grams[gram >>> 5] ?? 0) | (1 << (gram & 31));
}

function hasBit(gram: number): boolean {
  return ((grams[gram >>> 5] ?? 0) & (1 << (gram & 31))) !== 0;
}
