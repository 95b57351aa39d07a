/**
 * Replaces ranges of a protobuf message by texts of other lengths; every other byte stays as it came.
 *
 * Replacements come in the order of the bytes. The length of an enclosing message is a replacement of its own,
 * whose place is kept before its content is gone through and filled in afterwards, when the growth is known.
 */
import { assert } from "../../assert.ts";
import { copyBytes, varintSize, writeVarint } from "../../otlp/wire.ts";

type Replacement = { readonly start: number; readonly end: number; readonly bytes: Uint8Array };

const NO_BYTES = new Uint8Array(0);

export class Splice {
  readonly #replacements: Replacement[] = [];
  #growth = 0;

  get isEmpty(): boolean {
    return this.#replacements.length === 0;
  }

  /** Returns how many bytes the message gains. */
  replace(start: number, end: number, bytes: Uint8Array): number {
    this.#replacements.push({ start, end, bytes });
    const growth = bytes.length - (end - start);
    this.#growth += growth;
    return growth;
  }

  /**
   * Goes through a message whose length stands from `lengthStart` to `start`. `content` replaces within and
   * returns the growth. Returns the growth of the message with its length.
   */
  within(
    message: { readonly lengthStart: number; readonly start: number; readonly end: number },
    content: () => number,
  ) {
    const { end, lengthStart, start } = message;
    const place = this.#replacements.length;
    this.#replacements.push({ start: lengthStart, end: lengthStart, bytes: NO_BYTES });
    const growth = content();
    if (this.#replacements.length === place + 1) {
      this.#replacements.pop();
      return 0;
    }
    const length = end - start + growth;
    const bytes = new Uint8Array(varintSize(length));
    writeVarint(bytes, 0, length);
    this.#replacements[place] = { start: lengthStart, end: start, bytes };
    const lengthGrowth = bytes.length - (start - lengthStart);
    this.#growth += lengthGrowth;
    return growth + lengthGrowth;
  }

  apply(bytes: Uint8Array): Uint8Array {
    const target = new Uint8Array(bytes.length + this.#growth);
    let taken = 0;
    let written = 0;
    for (const replacement of this.#replacements) {
      copyBytes(bytes, taken, replacement.start, target, written);
      written += replacement.start - taken;
      copyBytes(replacement.bytes, 0, replacement.bytes.length, target, written);
      written += replacement.bytes.length;
      taken = replacement.end;
    }
    copyBytes(bytes, taken, bytes.length, target, written);
    assert(written + bytes.length - taken === target.length, "a spliced request has the length that was computed");
    return target;
  }
}
