/**
 * The part of an HTTP server that the stand-ins share: listen on a loopback port, read a whole body,
 * answer, and go away at once when closed, hanging requests included.
 */
import { once } from "node:events";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

const gunzipAsync = promisify(gunzip);

export const LOOPBACK_HOST = "127.0.0.1";

/** A port of 0 asks for a free one. */
export async function listenOnLoopback(port: number, listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  server.listen(port, LOOPBACK_HOST);
  await once(server, "listening");
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

export async function closeAtOnce(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

export type ReadBody =
  | { readonly kind: "ok"; readonly bytes: Buffer }
  | { readonly kind: "too-large" }
  | { readonly kind: "not-gzip" };

/** The body, out of gzip if it came so. Rejects only when the connection breaks. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<ReadBody> {
  const chunks: Buffer[] = [];
  let byteLength = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    byteLength += chunk.length;
    // The rest is read and thrown away, so that the sender gets to see the answer.
    if (byteLength <= maxBytes) chunks.push(chunk);
  }
  if (byteLength > maxBytes) return { kind: "too-large" };
  const bytes = Buffer.concat(chunks);
  if (request.headers["content-encoding"] !== "gzip") return { kind: "ok", bytes };
  return await unzip(bytes, maxBytes);
}

async function unzip(bytes: Buffer, maxBytes: number): Promise<ReadBody> {
  try {
    return { kind: "ok", bytes: await gunzipAsync(bytes, { maxOutputLength: maxBytes }) };
  } catch (error) {
    return { kind: error instanceof RangeError ? "too-large" : "not-gzip" };
  }
}

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
};

export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers);
  response.end(body);
}
