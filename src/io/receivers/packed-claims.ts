/**
 * What packed data says about itself before it is unpacked: how large it will be, which is a claim that
 * who unpacks it has to enforce, and where its first part ends.
 */

/** `deflate` is RFC 9110's: the zlib format of RFC 1950. */
export type PackedFormat = "gzip" | "zstd" | "deflate";

/** null when the data does not say. */
export function claimedBytes(bytes: Uint8Array, format: PackedFormat): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (format === "deflate") return null;
  return format === "gzip" ? claimedOfGzip(view) : claimedOfZstd(view);
}

/** Header and trailer alone take as much. */
const GZIP_MIN_BYTES = 18;

/** RFC 1952: the last four bytes are the unpacked size modulo 2^32 (of the last member, if several). */
function claimedOfGzip(view: DataView): number | null {
  return view.byteLength < GZIP_MIN_BYTES ? null : view.getUint32(view.byteLength - 4, true);
}

const ZSTD_MAGIC = 0xfd2fb528;
/** Magic number, descriptor, and a byte of window or size. */
const FRAME_HEADER_MIN_BYTES = 6;
const SINGLE_SEGMENT = 0x20;
const CHECKSUM = 0x04;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;

/** RFC 8878, section 3.1.1.1: the size of the first frame, of its 0, 1, 2, 4 or 8 bytes. */
function claimedOfZstd(view: DataView): number | null {
  if (!isFrame(view, 0)) return null;
  const descriptor = view.getUint8(4);
  const place = claimPlace(descriptor);
  if (place + claimLength(descriptor) > view.byteLength) return null;
  switch (claimLength(descriptor)) {
    case 0:
      return null;
    case 1:
      return view.getUint8(place);
    case 2:
      return 256 + view.getUint16(place, true);
    case 4:
      return view.getUint32(place, true);
    default:
      return Number(view.getBigUint64(place, true));
  }
}

/**
 * Whether zstd data goes on after its first frame. Empty frames do not count: Node's own compressor ends
 * with one. Looks at the heads of frames and blocks alone.
 */
export function hasSeveralFrames(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = frameEnd(view, 0);
  while (end < view.byteLength) {
    const start = end;
    end = frameEnd(view, start);
    if (end - start > EMPTY_FRAME_MAX_BYTES) return true;
  }
  return false;
}

const BLOCK_HEADER_BYTES = 3;
/** Its size is how often that byte is repeated. */
const BLOCK_OF_ONE_BYTE = 1;
/** Header, one block without content, checksum. */
const EMPTY_FRAME_MAX_BYTES = FRAME_HEADER_MIN_BYTES + BLOCK_HEADER_BYTES + 4;

/** Where the frame ends that begins there; the end of the data when it is cut off or is none. */
function frameEnd(view: DataView, start: number): number {
  if (!isFrame(view, start)) return view.byteLength;
  const descriptor = view.getUint8(start + 4);
  let place = start + claimPlace(descriptor) + claimLength(descriptor);
  for (let isLast = false; !isLast; ) {
    if (place + BLOCK_HEADER_BYTES > view.byteLength) return view.byteLength;
    const header = view.getUint16(place, true) | (view.getUint8(place + 2) << 16);
    isLast = (header & 1) === 1;
    place += BLOCK_HEADER_BYTES + (((header >> 1) & 3) === BLOCK_OF_ONE_BYTE ? 1 : header >> 3);
  }
  return Math.min(view.byteLength, place + ((descriptor & CHECKSUM) === 0 ? 0 : 4));
}

function isFrame(view: DataView, start: number): boolean {
  return view.byteLength - start >= FRAME_HEADER_MIN_BYTES && view.getUint32(start, true) === ZSTD_MAGIC;
}

/** From the start of the frame. */
function claimPlace(descriptor: number): number {
  return 5 + ((descriptor & SINGLE_SEGMENT) === 0 ? 1 : 0) + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0);
}

function claimLength(descriptor: number): number {
  const length = 1 << (descriptor >> 6);
  return length === 1 && (descriptor & SINGLE_SEGMENT) === 0 ? 0 : length;
}
