/**
 * Sends export requests over HTTP/1.1, as protobuf or JSON.
 *
 * Connections are kept and reused; redirects are not followed, because a moved endpoint is for a person
 * to see.
 */
import type { Dispatcher } from "undici";
import { Pool } from "undici";
import { AssertionError, assert } from "../../core/assert.ts";
import { protobufToJson } from "../../core/otlp/json-from-protobuf.ts";
import type { Signal } from "../../core/otlp/verdict.ts";
import { SIGNALS } from "../../core/otlp/verdict.ts";
import type { UnixMillis } from "../../core/time.ts";
import { compress } from "./compress.ts";
import type { ClientSettings, ExportClient, TlsMaterial } from "./export-client.ts";
import { RESPONSE_MAX_BYTES, readTlsMaterial } from "./export-client.ts";
import type { ExportVerdict } from "./export-verdict.ts";
import { httpVerdict, unansweredVerdict } from "./export-verdict.ts";
import { signalUrls } from "./signal-urls.ts";

export class OtlpHttpClient implements ExportClient {
  readonly #settings: ClientSettings;
  readonly #wallNow: () => UnixMillis;
  readonly #urls: ReadonlyMap<Signal, URL>;
  /** One for each origin. */
  readonly #pools = new Map<string, Pool>();

  private constructor(settings: ClientSettings, tls: TlsMaterial, wallNow: () => UnixMillis) {
    this.#settings = settings;
    this.#wallNow = wallNow;
    this.#urls = signalUrls(settings);
    for (const { origin } of this.#urls.values()) {
      if (!this.#pools.has(origin)) this.#pools.set(origin, createPool(origin, settings, tls));
    }
  }

  /** Opens no connection yet. Rejects with an ExporterError when the settings cannot work. */
  static async create(settings: ClientSettings, wallNow: () => UnixMillis): Promise<OtlpHttpClient> {
    return new OtlpHttpClient(settings, await readTlsMaterial(settings.tls), wallNow);
  }

  async send(signal: Signal, bytes: Uint8Array, abort: AbortSignal, onLeft?: () => void): Promise<ExportVerdict> {
    const body = this.#settings.protocol === "http/json" ? jsonBody(signal, bytes) : bytes;
    // What is queued is well formed, so there is too much in it: halves may do.
    if (body === null) return { kind: "rejected", because: "size", message: "the request is too large for JSON" };
    const packed = this.#settings.compression === "gzip" ? await compress(body) : null;
    if (packed !== null || body !== bytes) onLeft?.();
    try {
      const response = await this.#request(signal, { bytes: packed ?? body, isPacked: packed !== null }, abort);
      const answer = await readAnswer(response);
      if (answer !== null) return httpVerdict(signal, answer, this.#wallNow());
      return { kind: "rejected", because: "other", message: "the answer is larger than 4 MiB" };
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      return unansweredVerdict(reasonOf(error));
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }

  #request(signal: Signal, body: Body, abort: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { protocol, headers, timeoutMs, userAgent } = this.#settings;
    const url = this.#urls.get(signal);
    assert(url !== undefined, `no address for ${signal}`);
    const pool = this.#pools.get(url.origin);
    assert(pool !== undefined, `no connections to ${url.origin}`);
    return pool.request({
      method: "POST",
      path: url.pathname + url.search,
      headers: {
        ...headers,
        "content-type": protocol === "http/json" ? "application/json" : "application/x-protobuf",
        "user-agent": userAgent,
        ...(body.isPacked ? { "content-encoding": "gzip" } : {}),
      },
      body: body.bytes,
      signal: AbortSignal.any([abort, AbortSignal.timeout(timeoutMs)]),
    });
  }
}

type Body = { readonly bytes: Uint8Array; readonly isPacked: boolean };

function createPool(origin: string, settings: ClientSettings, { ca, cert, key }: TlsMaterial): Pool {
  return new Pool(origin, {
    connections: settings.concurrency * SIGNALS.length,
    connect: {
      timeout: settings.timeoutMs,
      ...(ca === null ? {} : { ca }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
    },
    headersTimeout: settings.timeoutMs,
    bodyTimeout: settings.timeoutMs,
  });
}

function jsonBody(signal: Signal, bytes: Uint8Array): Uint8Array | null {
  const json = protobufToJson(signal, bytes);
  return json.kind === "ok" ? Buffer.from(json.text) : null;
}

/** null when the body is too large; the connection is closed then. */
async function readAnswer(response: Dispatcher.ResponseData) {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    byteCount += chunk.length;
    if (byteCount > RESPONSE_MAX_BYTES) return null;
    chunks.push(chunk);
  }
  const { "content-type": contentType, "retry-after": retryAfter } = response.headers;
  return {
    status: response.statusCode,
    contentType: contentType?.toString(),
    retryAfter: retryAfter?.toString(),
    body: Buffer.concat(chunks),
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
