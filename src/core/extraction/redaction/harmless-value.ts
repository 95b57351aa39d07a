/**
 * Values that stand where a secret could and are none: masks, placeholders, the words in which errors speak of
 * credentials. Replacing them would cost meaning and protect nobody.
 */

/** Masks of any tool, ours included; places to be filled in by a driver, a shell or a template. */
const MASK = new RegExp(
  `^(?:${[
    "",
    "[*•#.-]+",
    "x{3,}",
    "\\[[^\\]]{0,200}\\]?",
    "<[^>]{0,80}>?",
    "\\{[^}]{0,80}\\}?\\}?",
    "\\$\\d{1,3}",
    "\\$[a-z_]\\w{0,60}",
    "\\$[{(].{0,80}",
    "%[sdvqr]",
    "%\\(\\w{1,60}\\)s?",
    "%[a-z_]{1,40}%",
    "\\?\\d{0,3}",
    ":\\w{1,40}",
    "@[a-z_]\\w{0,40}",
    "redacted.{0,20}",
  ].join("|")})$`,
  "i",
);

const WORDS = new Set(
  `null none nil undefined true false yes no on off empty blank missing absent present required optional provided set
  unset invalid valid expired revoked rejected accepted denied granted allowed forbidden unauthorized unauthenticated
  incorrect wrong bad mismatch mismatched malformed unknown unsupported unexpected failed failure success ok error
  changed updated reset created deleted generated rotated received sent found not is was are has have must should
  cannot could can may will does did the a an for from of to in by with and or but at as this that your
  bearer basic digest negotiate ntlm password passwd secret token key string text hidden masked filtered removed
  include omit same-origin signature expiration jwt verification validation parsing decode decoding used too does
  authentication authorization credentials header value type format request response user username client server
  refresh access login logout signin sign mechanism scheme policy redacted protected encrypted hashed new old current
  please enter check verify code session cookie api http https`
    .split(/\s+/)
    .filter((word) => word !== ""),
);

export function isHarmlessValue(value: string): boolean {
  if (value.length > 300) return false;
  return MASK.test(value) || WORDS.has(value.toLowerCase());
}

const RANDOM_MIN_CHARACTERS = 8;
const CERTAIN_MIN_CHARACTERS = 32;
/** Dates, addresses, versions and plain numbers have digits as well. */
const ORDINARY = /^(?:\d{1,9}|\d{4}-\d\d-\d\d.*|\d{1,3}(?:\.\d{1,3}){1,3}(?::\d+)?|v?\d+(?:\.\d+)+|[\d:.]+)$/;

/** Whether a word looks made by a machine rather than by a language. */
export function looksRandom(value: string): boolean {
  if (value.length >= CERTAIN_MIN_CHARACTERS) return true;
  return value.length >= RANDOM_MIN_CHARACTERS && /\d/.test(value) && /[a-z]/i.test(value) && !ORDINARY.test(value);
}
