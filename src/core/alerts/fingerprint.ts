/**
 * Names a series by 16 hex digits, and by them the incident that its alerts open.
 *
 * The hash is FNV-1a with 64 bits over the UTF-8 of each field's name and value, fields in order of
 * their names, each text ended by the byte 0xFF, which UTF-8 never uses. It may never change: open
 * incidents, history and dedup keys of every installation hang on it, and so do the test vectors.
 * It tells series apart; it does not keep anything secret.
 */
const PRIME_LOW = 0x1b3;
const PRIME_HIGH_SHIFT = 8;
const OFFSET_HIGH = 0xcbf29ce4;
const OFFSET_LOW = 0x84222325;
const TEXT_END = 0xff;
const WORD = 2 ** 32;

/** PagerDuty's limit. */
export const DEDUP_KEY_CHARACTERS_MAX = 255;

const utf8 = new TextEncoder();

/** 16 hex digits of a series' fields; the order in which they are given does not matter. */
export function fingerprintOf(fields: Readonly<Record<string, string>>): string {
  const names = Object.keys(fields).sort();
  return hashTexts(names.flatMap((name) => [name, fields[name] ?? ""]));
}

/** `authspike/<rule>/<fingerprint>`; a rule id too long for it keeps its start and a hash of the whole. */
export function dedupKeyOf(ruleId: string, fingerprint: string): string {
  const key = `authspike/${ruleId}/${fingerprint}`;
  if (key.length <= DEDUP_KEY_CHARACTERS_MAX) return key;
  const hash = hashTexts([ruleId]);
  const room = DEDUP_KEY_CHARACTERS_MAX - "authspike/~/".length - hash.length - fingerprint.length;
  return `authspike/${ruleId.slice(0, room)}~${hash}/${fingerprint}`;
}

/** Two words of 32 bits stand for one of 64: the prime is 2^40 + 0x1b3, so each product stays exact. */
function hashTexts(texts: readonly string[]): string {
  let high = OFFSET_HIGH;
  let low = OFFSET_LOW;
  const add = (byte: number): void => {
    const mixed = (low ^ byte) >>> 0;
    const product = mixed * PRIME_LOW;
    low = product >>> 0;
    high = (high * PRIME_LOW + Math.floor(product / WORD) + mixed * 2 ** PRIME_HIGH_SHIFT) % WORD;
  };
  for (const text of texts) {
    for (const byte of utf8.encode(text)) add(byte);
    add(TEXT_END);
  }
  return hex(high) + hex(low);
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
