import assert from "node:assert/strict";
import { test } from "node:test";
import ipaddr from "ipaddr.js";
import { fingerprintClientText, formatFingerprint } from "../../../src/core/extraction/client-fingerprint.ts";
import { addressBytes, IPV4, NOT_AN_ADDRESS, readAddress } from "../../../src/core/extraction/ip-address.ts";
import { sipHash24, sipHashResult } from "../../../src/core/extraction/siphash.ts";
import { fc } from "../../support/properties.ts";
import type { SpanSketch } from "./span-requests.ts";
import { CLIENT_KEY, ExtractionWorld } from "./span-requests.ts";

const fingerprint = (address: string) => fingerprintClientText(CLIENT_KEY, address);

test("SipHash-2-4 gives the values of its authors", () => {
  // Key 00 01 … 0f, message 00 01 02 …: appendix A of the paper, and the vectors published with it.
  const vectors: ReadonlyArray<readonly [length: number, hash: bigint]> = [
    [0, 0x726fdb47dd0e0e31n],
    [1, 0x74f839c593dc67fdn],
    [2, 0x0d6c8009d9a94f5an],
    [7, 0xab0200f58b01d137n],
    [8, 0x93f5f5799a932462n],
    [15, 0xa129ca6149be45e5n],
  ];
  const message = Uint8Array.from({ length: 20 }, (_, index) => index);
  for (const [length, hash] of vectors) {
    sipHash24(CLIENT_KEY, message, 0, length);
    const found = (BigInt(sipHashResult.high) << 32n) | BigInt(sipHashResult.low);
    assert.equal(found.toString(16), hash.toString(16), `${length} bytes`);
  }
});

test("one address has one fingerprint however it is written", () => {
  const spellings = [
    "203.0.113.7",
    "203.0.113.7:51234",
    "::ffff:203.0.113.7",
    "::FFFF:cb00:7107",
    "[::ffff:203.0.113.7]:443",
    " 203.0.113.7 ",
    "1.2.3.4, 203.0.113.7, 10.0.0.3, 192.168.1.1",
  ];
  for (const spelling of spellings) assert.equal(fingerprint(spelling), fingerprint("203.0.113.7"), spelling);
  assert.notEqual(fingerprint("203.0.113.7"), fingerprint("203.0.113.8"));
});

test("IPv6 counts by /64", () => {
  const network = fingerprint("2001:db8:1:2::1");
  assert.equal(fingerprint("[2001:DB8:1:2:ffff::9]:8080"), network);
  assert.equal(fingerprint("2001:db8:1:2::1%eth0"), network);
  assert.notEqual(fingerprint("2001:db8:1:3::1"), network);
});

test("when every hop is internal the first of them is the client", () => {
  assert.equal(fingerprint("10.0.0.9, 10.0.0.1"), fingerprint("10.0.0.9"));
});

test("a name is a client too, but no name can pose as an address, and nobody is unknown", () => {
  assert.notEqual(fingerprint("bastion.internal"), 0);
  assert.notEqual(fingerprint("\u0004abcd"), fingerprint("97.98.99.100"));
  for (const nobody of ["", "  ", "-", "unknown"]) assert.equal(fingerprint(nobody), 0, nobody);
});

test("a fingerprint is a safe integer, depends on the key, and is shown in twelve digits", () => {
  const client = fingerprint("203.0.113.7");
  assert.ok(Number.isSafeInteger(client) && client > 0);
  assert.notEqual(fingerprintClientText([1, 2, 3, 4], "203.0.113.7"), client);
  assert.match(formatFingerprint(client), /^c-[0-9a-f]{12}$/);
  assert.equal(formatFingerprint(0x9f3a61c20b4d), "c-9f3a61c20b4d");
  assert.equal(formatFingerprint(1), "c-000000000001");
});

test("the fingerprints of many clients are all different", () => {
  const clients = new Set<number>();
  for (let index = 0; index < 50_000; index++)
    clients.add(fingerprint(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`));
  assert.equal(clients.size, 50_000);
});

test("addresses are read as an established library reads them", () => {
  const group = fc.integer({ min: 0, max: 0xffff });
  const written = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => new ipaddr.IPv6(groups).toString()),
    fc
      .array(fc.constantFrom(":", "::", "0", "1", "ff", "10000", "g", ".", "1.2.3.4", "256"), { maxLength: 10 })
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(written, (text) => {
      // The library takes the retired form ::1.2.3.4 for ::ffff:1.2.3.4.
      fc.pre(!/^::[\d.]+$/.test(text));
      // And it reads 01.2.3.4 within an IPv6 address, which RFC 4291 does not allow.
      fc.pre(!/(^|[:.])0\d+\./.test(text));
      const bytes = new TextEncoder().encode(text);
      const kind = readAddress(bytes, 0, bytes.length);
      const expected = expectedAddress(text);
      assert.equal(
        kind === NOT_AN_ADDRESS ? null : [...addressBytes.subarray(0, kind === IPV4 ? 4 : 16)].join(),
        expected,
      );
    }),
    { numRuns: 2000 },
  );
});

/** ipaddr.js takes shorter and octal IPv4 as well, and knows no ports. */
function expectedAddress(text: string): string | null {
  if (/^[^:]+:[^:]*$/.test(text)) return expectedAddress(text.slice(0, text.indexOf(":")));
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text).toByteArray().join();
  if (!text.includes(":") || !ipaddr.IPv6.isValid(text)) return null;
  const address = ipaddr.IPv6.parse(text);
  return (address.isIPv4MappedAddress() ? address.toIPv4Address() : address).toByteArray().join();
}

test("the client of a span comes from the first attribute that names one", () => {
  const cases: ReadonlyArray<readonly [attributes: SpanSketch["attributes"], client: string]> = [
    [{ "client.address": "203.0.113.7", "network.peer.address": "10.0.0.1" }, "203.0.113.7"],
    [{ "client.address": "", "network.peer.address": "203.0.113.7" }, "203.0.113.7"],
    [{ "http.client_ip": "203.0.113.7", "net.peer.ip": "10.0.0.1" }, "203.0.113.7"],
    [
      { "http.request.header.x-forwarded-for": ["6.6.6.6, 203.0.113.7, 10.0.0.1"], "net.sock.peer.addr": "10.0.0.1" },
      "203.0.113.7",
    ],
    [{ "http.request.header.x_forwarded_for": ["6.6.6.6", "203.0.113.7"] }, "203.0.113.7"],
    [{ "peer.address": "203.0.113.7:4711" }, "203.0.113.7"],
    [{ "client.socket.address": "203.0.113.7" }, "203.0.113.7"],
  ];
  for (const [attributes, client] of cases) {
    const sketch = { attributes: { ...attributes, "http.request.method": "GET" } };
    const [found] = new ExtractionWorld().observe([sketch], (observation) => observation.client);
    assert.equal(found, fingerprint(client), JSON.stringify(attributes));
  }
  const [nobody] = new ExtractionWorld().observe(
    [{ attributes: { "http.request.method": "GET" } }],
    ({ client }) => client,
  );
  assert.equal(nobody, 0);
});
