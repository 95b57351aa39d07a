/**
 * Makes a name from text that strangers wrote.
 *
 * Attribute values end up in pages, terminals and file names. Control characters could forge log
 * lines, and invisible or direction-changing ones make a name look like another. Doing it twice
 * changes nothing more.
 */

/** In UTF-16 code units; longer names are cut. */
export const NAME_MAX_LENGTH = 200;

/** Text beyond this cannot reach a name: no work is done on it. */
const INPUT_MAX_LENGTH = 2000;

// Controls, format characters (zero width, direction), line and paragraph separators.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const PRINTABLE_ASCII = /^[!-~]*$/;
const LONE_LEADING_SURROGATE = /[\uD800-\uDBFF]$/;

export function cleanText(text: string): string {
  if (text.length <= INPUT_MAX_LENGTH && PRINTABLE_ASCII.test(text)) return text;
  return text.slice(0, INPUT_MAX_LENGTH).toWellFormed().replace(INVISIBLE, "").trim();
}

export function cleanName(text: string): string {
  const clean = cleanText(text);
  if (clean.length <= NAME_MAX_LENGTH) return clean;
  return clean.slice(0, NAME_MAX_LENGTH).replace(LONE_LEADING_SURROGATE, "").trimEnd();
}

export function replaceInvisible(text: string, replacement: string): string {
  return PRINTABLE_ASCII.test(text) ? text : text.replace(INVISIBLE, replacement);
}
