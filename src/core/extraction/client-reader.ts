/**
 * Finds who sent the request that a span stands for: the client, and the user where the span names one.
 *
 * Most instrumentations resolve `client.address` themselves, mostly from the first hop of X-Forwarded-For, which
 * whoever calls can write. Where proxies are declared, only what a trusted one says is believed: the caller at the
 * other end of the connection is the client unless it is trusted, and of a list of hops the last that is not.
 * Without a declaration nobody can tell a proxy from a caller, and the instrumentation is believed, but for an internal
 * address beside a captured X-Forwarded-For: that is a proxy of one's own, since Python's instrumentations tell no more
 * than the other end of the connection.
 */
import type { SpanView } from "../otlp/span-view.ts";
import { VALUE_STRING } from "../otlp/span-view.ts";
import { readText } from "../otlp/wire.ts";
import { isWithinRanges } from "./address-ranges.ts";
import { addressText, networkText } from "./address-text.ts";
import { CLIENT_NAME_SLOTS, FORWARDED_SLOTS, PEER_SLOTS, SPAN_SLOT } from "./attribute-keys.ts";
import type { ByteRange } from "./causes/captured-values.ts";
import { textRanges } from "./causes/captured-values.ts";
import { cleanName } from "./clean-text.ts";
import { fingerprintClient, formatFingerprint, lastHop, UNKNOWN_CLIENT } from "./client-fingerprint.ts";
import type { ClientSettings } from "./client-settings.ts";
import { DEFAULT_CLIENT_SETTINGS } from "./client-settings.ts";
import { readForwarded } from "./forwarded-header.ts";
import { isInternalAddress, NOT_AN_ADDRESS, readAddress } from "./ip-address.ts";
import type { SipHashKey } from "./siphash.ts";
import { formatSession, formatUser, readSession, readUser } from "./user-fingerprint.ts";

/** Clients whose names are remembered to be shown; the longest known makes room. */
export const SHOWN_CLIENTS_MAX = 20_000;

export class ClientReader {
  readonly #key: SipHashKey;
  readonly #settings: ClientSettings;
  /** Empty unless addresses or networks are to be shown. */
  readonly #names = new Map<number, string>();

  constructor(key: SipHashKey, settings: ClientSettings = DEFAULT_CLIENT_SETTINGS) {
    this.#key = key;
    this.#settings = settings;
  }

  /** The fingerprint of the client; UNKNOWN_CLIENT when nothing names one. */
  read(view: SpanView): number {
    return this.#settings.trustedProxies.length === 0 ? this.#readAsTold(view) : this.#readAsTrusted(view);
  }

  /** The same, and remembers what to show where the configuration wants more than the fingerprint. */
  readFailed(view: SpanView): number {
    const client = this.read(view);
    const { shown } = this.#settings;
    const isToBeNamed = (shown === "full" || shown === "truncated") && client !== UNKNOWN_CLIENT;
    if (isToBeNamed && !this.#names.has(client)) this.#remember(client, this.#nameOfHop(view.bytes, shown));
    return client;
  }

  /** The fingerprint of the user that the span names; UNKNOWN_USER when it names none. */
  readUser(view: SpanView): number {
    return readUser(this.#key, view);
  }

  /** The same of the session. */
  readSession(view: SpanView): number {
    return readSession(this.#key, view);
  }

  /** How people see the client; null when they are not to see it. */
  nameOf(client: number): string | null {
    if (this.#settings.shown === "none") return null;
    return this.#names.get(client) ?? formatFingerprint(client);
  }

  /** How people see a user, whose name is shown to nobody; null when they are not to. */
  nameOfUser(user: number): string | null {
    return this.#settings.shown === "none" ? null : formatUser(user);
  }

  nameOfSession(session: number): string | null {
    return this.#settings.shown === "none" ? null : formatSession(session);
  }

  #readAsTold(view: SpanView): number {
    const named = this.#readNamed(view);
    const isOwnProxy = hasForwarded(view) && this.#isTrusted(view.bytes, lastHop.start, lastHop.end);
    if (named !== UNKNOWN_CLIENT && !isOwnProxy) return named;
    const forwarded = this.#readForwarded(view);
    if (forwarded !== UNKNOWN_CLIENT) return forwarded;
    // Read again, so that `lastHop` is its.
    return named === UNKNOWN_CLIENT ? this.#readPeer(view) : this.#readNamed(view);
  }

  #readAsTrusted(view: SpanView): number {
    const peer = this.#readPeer(view);
    if (peer !== UNKNOWN_CLIENT && !this.#isTrusted(view.bytes, lastHop.start, lastHop.end)) return peer;
    const forwarded = this.#readForwarded(view);
    if (forwarded !== UNKNOWN_CLIENT) return forwarded;
    const named = this.#readNamed(view);
    return named === UNKNOWN_CLIENT ? this.#readPeer(view) : named;
  }

  /** Who the instrumentation says is the client. */
  #readNamed(view: SpanView): number {
    return this.#readFirst(view, CLIENT_NAME_SLOTS);
  }

  /** The other end of the connection. */
  #readPeer(view: SpanView): number {
    return this.#readFirst(view, PEER_SLOTS);
  }

  #readFirst(view: SpanView, slots: readonly number[]): number {
    for (let index = 0; index < slots.length; index++) {
      const client = this.#fingerprint(view, slots[index] ?? 0);
      if (client !== UNKNOWN_CLIENT) return client;
    }
    return UNKNOWN_CLIENT;
  }

  /** What proxies said, in X-Forwarded-For or in Forwarded. */
  #readForwarded(view: SpanView): number {
    const client = this.#readFirst(view, FORWARDED_SLOTS);
    if (client !== UNKNOWN_CLIENT) return client;
    return readForwarded(view, {
      fingerprint: (hop) => this.#fingerprintRange(view.bytes, hop),
      isProxy: ({ end, start }) => this.#isTrusted(view.bytes, start, end),
    });
  }

  #fingerprint(view: SpanView, slot: number): number {
    const { attributes, bytes } = view;
    if (!attributes.has(slot)) return UNKNOWN_CLIENT;
    if (attributes.kind[slot] === VALUE_STRING) {
      const [start = 0, end = 0] = [attributes.start[slot], attributes.end[slot]];
      return fingerprintClient(this.#key, bytes, start, end, this.#settings.trustedProxies);
    }
    // Captured headers are lists, one text for each time the header came; proxies add to the last.
    const last = textRanges(attributes, bytes, slot).at(-1);
    return last === undefined ? UNKNOWN_CLIENT : this.#fingerprintRange(bytes, last);
  }

  #fingerprintRange(bytes: Uint8Array, { end, start }: ByteRange): number {
    return fingerprintClient(this.#key, bytes, start, end, this.#settings.trustedProxies);
  }

  /** Internal addresses are those of one's own proxies; what is no address, such as a socket, is local. */
  #isTrusted(bytes: Uint8Array, start: number, end: number): boolean {
    const kind = readAddress(bytes, start, end);
    return kind === NOT_AN_ADDRESS || isInternalAddress(kind) || isWithinRanges(kind, this.#settings.trustedProxies);
  }

  #nameOfHop(bytes: Uint8Array, shown: "full" | "truncated"): string {
    const { end, start } = lastHop;
    const kind = readAddress(bytes, start, end);
    if (kind === NOT_AN_ADDRESS) return cleanName(readText(bytes, start, end));
    return shown === "full" ? addressText(kind) : networkText(kind);
  }

  #remember(client: number, name: string): void {
    if (this.#names.size >= SHOWN_CLIENTS_MAX) {
      const [oldest = UNKNOWN_CLIENT] = this.#names.keys();
      this.#names.delete(oldest);
    }
    this.#names.set(client, name);
  }
}

/** Whether a header is captured in which proxies write whom they serve. */
export function hasForwarded({ attributes }: SpanView): boolean {
  return (
    attributes.has(SPAN_SLOT.forwardedFor) ||
    attributes.has(SPAN_SLOT.forwardedForUnderscored) ||
    attributes.has(SPAN_SLOT.forwarded)
  );
}
