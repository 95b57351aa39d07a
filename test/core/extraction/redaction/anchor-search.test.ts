import assert from "node:assert/strict";
import { test } from "node:test";
import { AnchorSearch, createPlainSearch, NO_ANCHOR } from "../../../../src/core/extraction/redaction/anchor-search.ts";
import { ANCHORS } from "../../../../src/core/extraction/redaction/secrets-in-text.ts";
import { createSimdSearch, TEXT_MAX_BYTES } from "../../../../src/core/extraction/redaction/simd-search.ts";
import { fc } from "../../../support/properties.ts";

const words = ANCHORS.flat();

test("an anchor is found wherever it stands, also across the edge of what is searched at once", () => {
  const search = new AnchorSearch(ANCHORS);
  for (const length of [3, 4, 64, TEXT_MAX_BYTES - 1, TEXT_MAX_BYTES, TEXT_MAX_BYTES + 1, 3 * TEXT_MAX_BYTES]) {
    for (const at of [0, 1, 15, 16, 31, TEXT_MAX_BYTES - 3, TEXT_MAX_BYTES - 2, TEXT_MAX_BYTES, length - 3]) {
      for (const [word, searchedAt] of [
        ["pwd", at],
        ["passw", at + 2],
      ] as const) {
        if (at < 0 || at + word.length > length) continue;
        const bytes = new Uint8Array(length).fill(0x20);
        bytes.set(new TextEncoder().encode(word), at);
        assert.deepEqual(placesIn(search, bytes), [searchedAt], `${word} at ${at} of ${length}`);
      }
    }
  }
});

test("a word in lower case is found in any case, one with a capital as it is written", () => {
  const search = new AnchorSearch([["key", "eyJ"]]);
  assert.deepEqual(placesIn(search, new TextEncoder().encode("kEy KEY key eyJ EyJ eyj")), [0, 4, 8, 12]);
});

test("a longer word is found by its last three characters where the others stand before them", () => {
  const search = new AnchorSearch([["passw", "BEGIN"], ["pat_"], ["oat_"]]);
  const found = placesIn(search, new TextEncoder().encode("ssw PASSW pasSw lassw BEGIN begin bEGIN Pat_ oat_ at_"));
  assert.deepEqual(found, [6, 12, 24, 41, 46]);
});

test("mixtures of two words of a bucket are not taken for words", () => {
  const search = new AnchorSearch([["abc", "xyz"]]);
  assert.deepEqual(placesIn(search, new TextEncoder().encode("ayz xbc abz")), []);
});

test("both ways of searching find what a plain comparison finds", () => {
  const simd = createSimdSearch();
  assert.ok(simd !== null, "this machine has the instructions");
  const searches = [new AnchorSearch(ANCHORS, simd), new AnchorSearch(ANCHORS, createPlainSearch())];
  const piece = fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom(...words), fc.constantFrom(...words.map(upper)));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pieces.join("");
      const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
      const places = [...bytes.keys()].slice(0, -2);
      const expected = places.filter((at) => isAnchor(String.fromCharCode(...bytes.subarray(0, at + 3))));
      for (const search of searches) assert.deepEqual(placesIn(search, bytes), expected);
    }),
  );
});

test("a released search holds nothing", () => {
  const search = new AnchorSearch(ANCHORS);
  search.load(new TextEncoder().encode("password"));
  search.release();
  assert.equal(search.next(0), NO_ANCHOR);
});

function placesIn(search: AnchorSearch, bytes: Uint8Array): number[] {
  search.load(bytes);
  const places: number[] = [];
  for (let place = search.next(0); place !== NO_ANCHOR; place = search.next(place + 1)) places.push(place);
  return places;
}

function isAnchor(text: string): boolean {
  return words.some((word) => text.endsWith(word) || (word === word.toLowerCase() && endsInAnyCase(text, word)));
}

function endsInAnyCase(text: string, word: string): boolean {
  // Only ASCII has two cases here: a byte beyond it may be the half of a letter.
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).endsWith(word);
}

function upper(word: string): string {
  return word.toUpperCase();
}
