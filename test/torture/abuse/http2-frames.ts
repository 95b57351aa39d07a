/** HTTP/2 frames written by hand (RFC 9113), because no client library sends what attackers send. */

const TYPES = { data: 0, headers: 1, resetStream: 3, settings: 4, ping: 6, continuation: 9 } as const;

export const FLAGS = { none: 0, endStream: 0x1, endHeaders: 0x4 } as const;

export type Http2Frame = {
  readonly type: keyof typeof TYPES;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
};

/** What a client says first: the preface and its settings. */
export const CLIENT_HELLO = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  encodeFrame({ type: "settings", flags: FLAGS.none, streamId: 0, payload: Buffer.alloc(0) }),
]);

export const PING = encodeFrame({ type: "ping", flags: FLAGS.none, streamId: 0, payload: Buffer.alloc(8) });
export const SETTINGS = encodeFrame({
  type: "settings",
  flags: FLAGS.none,
  streamId: 0,
  // SETTINGS_INITIAL_WINDOW_SIZE of 0: nothing may be sent to us.
  payload: Buffer.from("000400000000", "hex"),
});

export function encodeFrame({ type, flags, streamId, payload }: Http2Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(TYPES[type], 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** Headers as literals that no table remembers (RFC 7541, section 6.2.2). */
export function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(headers).flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]);
  return Buffer.concat(parts);
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length < 0x7f) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const rest = bytes.length - 0x7f;
  const length = [0x7f];
  let left = rest;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) length.push((left % 0x80) | 0x80);
  return Buffer.concat([Buffer.from([...length, left]), bytes]);
}

export function exportHeaders(more: Readonly<Record<string, string>> = {}): Buffer {
  return encodeHeaders({
    ":method": "POST",
    ":scheme": "http",
    ":path": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    ":authority": "localhost",
    "content-type": "application/grpc",
    te: "trailers",
    ...more,
  });
}
