/**
 * Grows a protobuf message front to back.
 *
 * A nested message states its length before its content, and the length is known only after it. One
 * byte is left for it, as most are that short, and the content moves up when it turns out longer:
 * cheaper than measuring everything first.
 */
import { halves, splitInteger } from "./json-integers.ts";
import { varintSize, writeDouble, writeVarint } from "./wire.ts";

const CAPACITY_MIN_BYTES = 256;
const VARINT_MAX_BYTES = 10;
// Above this the call into TextEncoder is cheaper than copying character codes.
const SHORT_TEXT_MAX_LENGTH = 64;

const utf8 = new TextEncoder();

export class ProtobufWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(expectedBytes: number) {
    this.#bytes = new Uint8Array(Math.max(CAPACITY_MIN_BYTES, expectedBytes));
  }

  get length(): number {
    return this.#length;
  }

  /** What was written so far. The writer must not be used afterwards, as both share the memory. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Takes back everything from the position on. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Whether only zero bytes follow the position. */
  isZeroFrom(start: number): boolean {
    for (let position = start; position < this.#length; position++) {
      if (this.#bytes[position] !== 0) return false;
    }
    return true;
  }

  /** A tag, or any number from 0 to 2^53. */
  writeVarint(value: number): void {
    this.#ensureRoom(VARINT_MAX_BYTES);
    this.#length = writeVarint(this.#bytes, this.#length, value);
  }

  /** An integer of 64 bits; negative ones take ten bytes. */
  writeVarint64(value: number | bigint): void {
    this.#ensureRoom(VARINT_MAX_BYTES);
    splitInteger(value);
    let { low, high } = halves;
    while (high > 0 || low >= 0x80) {
      this.#bytes[this.#length++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#bytes[this.#length++] = low;
  }

  writeFixed32(value: number): void {
    this.#ensureRoom(4);
    this.#putFixed32(value);
  }

  writeFixed64(value: number | bigint): void {
    splitInteger(value);
    this.#ensureRoom(8);
    this.#putFixed32(halves.low);
    this.#putFixed32(halves.high);
  }

  writeDouble(value: number): void {
    this.#ensureRoom(8);
    writeDouble(this.#bytes, this.#length, value);
    this.#length += 8;
  }

  /** A string with its length. What UTF-8 cannot express, a surrogate without its other half, becomes U+FFFD. */
  writeText(text: string): void {
    if (text.length <= SHORT_TEXT_MAX_LENGTH && this.#writeShortAscii(text)) return;
    const encoded = utf8.encode(text);
    this.writeVarint(encoded.length);
    this.#ensureRoom(encoded.length);
    this.#bytes.set(encoded, this.#length);
    this.#length += encoded.length;
  }

  /** A length and as many bytes, which `fill` puts at the position it is given; its answer is returned. */
  writeBytes(byteLength: number, fill: (target: Uint8Array, start: number) => boolean): boolean {
    this.writeVarint(byteLength);
    this.#ensureRoom(byteLength);
    const start = this.#length;
    this.#length += byteLength;
    return fill(this.#bytes, start);
  }

  /** Begins a nested message or a packed list; hand the result to `endNested`. */
  beginNested(): number {
    this.#ensureRoom(1);
    this.#length++;
    return this.#length;
  }

  endNested(contentStart: number): void {
    const contentLength = this.#length - contentStart;
    const shift = varintSize(contentLength) - 1;
    if (shift > 0) {
      this.#ensureRoom(shift);
      this.#bytes.copyWithin(contentStart + shift, contentStart, this.#length);
      this.#length += shift;
    }
    writeVarint(this.#bytes, contentStart - 1, contentLength);
  }

  #writeShortAscii(text: string): boolean {
    this.#ensureRoom(1 + text.length);
    const start = this.#length + 1;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return false;
      this.#bytes[start + index] = code;
    }
    this.#bytes[this.#length] = text.length;
    this.#length = start + text.length;
    return true;
  }

  #putFixed32(value: number): void {
    this.#bytes[this.#length++] = value;
    this.#bytes[this.#length++] = value >>> 8;
    this.#bytes[this.#length++] = value >>> 16;
    this.#bytes[this.#length++] = value >>> 24;
  }

  #ensureRoom(byteLength: number): void {
    const needed = this.#length + byteLength;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
