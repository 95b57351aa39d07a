import assert from "node:assert/strict";
import { test } from "node:test";
import ipaddr from "ipaddr.js";
import type { AddressRange } from "../../../src/core/extraction/address-ranges.ts";
import { isWithinRanges, parseAddressRange } from "../../../src/core/extraction/address-ranges.ts";
import { addressText, networkText } from "../../../src/core/extraction/address-text.ts";
import { extractionKeys } from "../../../src/core/extraction/attribute-keys.ts";
import { fingerprintClientText } from "../../../src/core/extraction/client-fingerprint.ts";
import { ClientReader, SHOWN_CLIENTS_MAX } from "../../../src/core/extraction/client-reader.ts";
import type { ClientSettings } from "../../../src/core/extraction/client-settings.ts";
import { NOT_AN_ADDRESS, readAddress } from "../../../src/core/extraction/ip-address.ts";
import { TraceScanner } from "../../../src/core/otlp/trace-scanner.ts";
import { fc } from "../../support/properties.ts";
import type { SpanSketch } from "./span-requests.ts";
import { CLIENT_KEY, traceRequest } from "./span-requests.ts";

type Attributes = SpanSketch["attributes"];

const XFF = "http.request.header.x-forwarded-for";
const FORWARDED = "http.request.header.forwarded";
const TRUSTED = ["198.51.100.0/24", "2001:db8:cd::/48"].map(range);

test("without declared proxies the instrumentation is believed, then the hops, then the connection", () => {
  const cases: ReadonlyArray<readonly [Attributes, client: string]> = [
    [{ "client.address": "203.0.113.7", [XFF]: ["192.0.2.1"], "network.peer.address": "10.0.0.1" }, "203.0.113.7"],
    [{ [XFF]: ["6.6.6.6, 203.0.113.7, 10.0.0.1"], "network.peer.address": "10.0.0.1" }, "203.0.113.7"],
    [{ [FORWARDED]: ["for=6.6.6.6, for=203.0.113.7;proto=https"], "network.peer.address": "10.0.0.1" }, "203.0.113.7"],
    [{ "network.peer.address": "203.0.113.7" }, "203.0.113.7"],
    [{ "client.address": "10.0.0.9", "network.peer.address": "10.0.0.1" }, "10.0.0.9"],
    [{ "client.address": "10.0.0.9", [XFF]: ["6.6.6.6, 203.0.113.7, 10.0.0.1"] }, "203.0.113.7"],
    [{ "client.address": "127.0.0.1", [FORWARDED]: ["for=203.0.113.7"] }, "203.0.113.7"],
    [{ "client.address": "10.0.0.9", [FORWARDED]: ["by=10.0.0.1"] }, "10.0.0.9"],
  ];
  for (const [attributes, client] of cases) assert.equal(clientOf(attributes), fingerprint(client), client);
});

test("what an untrusted caller says of itself is not believed", () => {
  const peer = { "network.peer.address": "203.0.113.7" };
  for (const attributes of [
    { ...peer, "client.address": "6.6.6.6" },
    { ...peer, [XFF]: ["6.6.6.6"] },
    { ...peer, [FORWARDED]: ["for=6.6.6.6"] },
    { ...peer, "http.client_ip": "6.6.6.6", [XFF]: ["6.6.6.6, 198.51.100.9"] },
  ]) {
    assert.equal(clientOf(attributes, TRUSTED), fingerprint("203.0.113.7"), JSON.stringify(attributes));
  }
});

test("a trusted proxy is believed about the last hop that is not trusted", () => {
  const cases: ReadonlyArray<readonly [Attributes, client: string]> = [
    [{ [XFF]: ["6.6.6.6, 203.0.113.7"], "network.peer.address": "198.51.100.9" }, "203.0.113.7"],
    [{ [XFF]: ["6.6.6.6, 203.0.113.7, 198.51.100.8, 10.1.2.3"], "network.peer.address": "10.0.0.1" }, "203.0.113.7"],
    [{ [XFF]: ["203.0.113.7, 2001:db8:cd::9"], "network.peer.address": "2001:db8:cd:1::1" }, "203.0.113.7"],
    [{ [XFF]: ["203.0.113.7"], "client.address": "6.6.6.6", "network.peer.address": "10.0.0.1" }, "203.0.113.7"],
    [{ [FORWARDED]: ['For="[2001:db8:9::1]:4711", for=198.51.100.3'], "net.peer.ip": "10.0.0.1" }, "2001:db8:9::1"],
    [{ "client.address": "203.0.113.7", "network.peer.address": "198.51.100.9" }, "203.0.113.7"],
    [{ "network.peer.address": "198.51.100.9" }, "198.51.100.9"],
  ];
  for (const [attributes, client] of cases) assert.equal(clientOf(attributes, TRUSTED), fingerprint(client), client);
});

test("a Forwarded header that is no such thing names nobody", () => {
  for (const header of ["", "for=", "by=1.2.3.4", "for=unknown", "fo\u00e4r=1.2.3.4", "x".repeat(5_000)]) {
    assert.equal(clientOf({ [FORWARDED]: [header] }), 0, header.slice(0, 40));
  }
});

test("clients are shown as the configuration says, and only those that failed are remembered", () => {
  const attributes = { "client.address": "203.0.113.7" };
  const ipv6 = { "client.address": "2001:db8:1:2:3::4" };
  assert.match(String(shown("hashed", attributes)), /^c-[0-9a-f]{12}$/);
  assert.equal(shown("truncated", attributes), "203.0.113.0/24");
  assert.equal(shown("full", attributes), "203.0.113.7");
  assert.equal(shown("full", { "client.address": "6.6.6.6, 203.0.113.7, 10.0.0.1" }), "203.0.113.7");
  assert.equal(shown("truncated", ipv6), "2001:db8:1::/48");
  assert.equal(shown("full", ipv6), "2001:db8:1:2:3::4");
  assert.equal(shown("full", { "client.address": "bastion\u202e.internal" }), "bastion.internal");
  assert.equal(shown("none", attributes), null);
  const reader = new ClientReader(CLIENT_KEY, { shown: "full", trustedProxies: [] });
  const client = scanned(attributes, (view) => reader.read(view));
  assert.match(String(reader.nameOf(client)), /^c-/);
});

test("the names that are remembered are bounded", () => {
  const reader = new ClientReader(CLIENT_KEY, { shown: "full", trustedProxies: [] });
  const address = (index: number) => `11.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
  const clients = Array.from({ length: SHOWN_CLIENTS_MAX + 1 }, (_, index) => address(index));
  const sketches = clients.map((client) => ({ attributes: { "client.address": client } }));
  scan(sketches, (view) => reader.readFailed(view));
  assert.match(String(reader.nameOf(fingerprint(address(0)))), /^c-/);
  assert.equal(reader.nameOf(fingerprint(address(1))), address(1));
  assert.equal(reader.nameOf(fingerprint(address(SHOWN_CLIENTS_MAX))), address(SHOWN_CLIENTS_MAX));
});

test("ranges hold what an established library says they hold", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  const close = fc
    .tuple(address, fc.nat(128))
    .map(([text, bits]) => `${text}/${Math.min(bits, text.includes(":") ? 128 : 32)}`);
  fc.assert(
    fc.property(
      address,
      fc.oneof(close, fc.constantFrom("10.0.0.0/8", "::/0", "0.0.0.0/0", "203.0.113.7")),
      (text, written) => {
        const found = parseAddressRange(written);
        const [base = "", bits = text.includes(":") ? "128" : "32"] = written.split("/");
        // IPv4 within IPv6 is IPv4 here, whatever the range says of it.
        fc.pre(found !== null && !isMapped(text) && !isMapped(base));
        const kind = read(text);
        const [left, right] = [ipaddr.parse(text), ipaddr.parse(base)];
        const expected = left.kind() === right.kind() && left.match(right, Number(bits));
        assert.equal(isWithinRanges(kind, [found]), expected, `${text} in ${written}`);
      },
    ),
  );
  for (const wrong of [
    "",
    "10.0.0.0/33",
    "::/129",
    "10.0.0",
    "host",
    "10.0.0.1:80",
    "10.0.0.0/8/8",
    "[::1]/64",
    "10.0.0.0/-1",
  ]) {
    assert.equal(parseAddressRange(wrong), null, wrong);
  }
});

test("an address is written as an established library writes it", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      fc.pre(!isMapped(text));
      const kind = read(text);
      assert.equal(addressText(kind), ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text).toRFC5952String() : text);
      assert.match(networkText(read(text)), /\/(24|48)$/);
    }),
  );
});

function clientOf(attributes: Attributes, trustedProxies: readonly AddressRange[] = []): number {
  const reader = new ClientReader(CLIENT_KEY, { shown: "hashed", trustedProxies });
  return scanned(attributes, (view) => reader.read(view));
}

function shown(how: ClientSettings["shown"], attributes: Attributes): string | null {
  const reader = new ClientReader(CLIENT_KEY, { shown: how, trustedProxies: [] });
  return reader.nameOf(scanned(attributes, (view) => reader.readFailed(view)));
}

type Read = Parameters<typeof scan>[1];

function scanned(attributes: Attributes, readView: Read): number {
  return scan([{ ...(attributes === undefined ? {} : { attributes }) }], readView)[0] ?? -1;
}

function scan(sketches: readonly SpanSketch[], readView: (view: TraceScanner["view"]) => number): number[] {
  const clients: number[] = [];
  const sink = { span: (view: TraceScanner["view"]) => void clients.push(readView(view)), invalidSpan: () => {} };
  new TraceScanner(extractionKeys([])).scan(traceRequest(sketches), sink);
  return clients;
}

function fingerprint(address: string): number {
  return fingerprintClientText(CLIENT_KEY, address);
}

function range(text: string): AddressRange {
  const found = parseAddressRange(text);
  assert.ok(found !== null);
  return found;
}

function read(text: string): number {
  const bytes = new TextEncoder().encode(text);
  const kind = readAddress(bytes, 0, bytes.length);
  assert.notEqual(kind, NOT_AN_ADDRESS, text);
  return kind;
}

function isMapped(text: string): boolean {
  return ipaddr.IPv6.isValid(text) && (ipaddr.IPv6.parse(text).isIPv4MappedAddress() || /\d\.\d/.test(text));
}
