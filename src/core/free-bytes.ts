/**
 * Gives the memory of bytes back at once, instead of at some later collection.
 *
 * V8 sees how much memory bytes take only roughly, and lets them lie: requests of the largest size that
 * come one after the other add up to several of them. To free them costs less than to collect them.
 */

/**
 * What is smaller may be a part of something else: of a pool, or of what was read from a socket, 64 KiB
 * at most. From here on the C library has the system take the memory back, too.
 */
const FREED_MIN_BYTES = 128 * 1024;

/**
 * For bytes that are the caller's own and that nobody reads again: they are empty afterwards. What is
 * small, or a small part of its buffer, is left alone.
 */
export function freeBytes(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (bytes.length < FREED_MIN_BYTES || bytes.length < buffer.byteLength / 2) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
