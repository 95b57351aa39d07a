/**
 * A word that tells that a credential may stand near: three characters that are searched for, and what stands before
 * them in every case, as `pa` does before `ssw`.
 *
 * Any three bytes are met by chance, in the ids of one batch in twenty or inside `broker` and `shared`, and each time
 * the whole batch is walked. What stands before is compared only where the three are, and keeps nearly all of that away.
 */
import { WORD_BYTES } from "./simd-search.ts";

export type AnchorWord = {
  /** Of the three characters. */
  readonly spellings: readonly string[];
  readonly preceding: string;
  /** Written in lower case a word is found in either; one with a capital is found as it is written. */
  readonly isAnyCase: boolean;
};

/** The last three characters of an ASCII text are those that are searched for. */
export function readAnchorWord(text: string): AnchorWord {
  const searched = text.slice(-WORD_BYTES);
  const isAnyCase = text === text.toLowerCase();
  return {
    spellings: isAnyCase ? mixturesOfCase(searched) : [searched],
    preceding: text.slice(0, -WORD_BYTES),
    isAnyCase,
  };
}

/** Whether a word whose three characters are at the place has what stands before them too. */
export function stands({ isAnyCase, preceding }: AnchorWord, bytes: Uint8Array, place: number): boolean {
  const start = place - preceding.length;
  for (let index = 0; index < preceding.length; index++) {
    const byte = bytes[start + index] ?? 0;
    if ((isAnyCase ? lowerCased(byte) : byte) !== preceding.charCodeAt(index)) return false;
  }
  return true;
}

function lowerCased(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function mixturesOfCase(word: string): readonly string[] {
  let beginnings = [""];
  for (const letter of word) {
    const cases = [...new Set([letter, letter.toUpperCase()])];
    beginnings = beginnings.flatMap((beginning) => cases.map((spelled) => beginning + spelled));
  }
  return beginnings;
}
