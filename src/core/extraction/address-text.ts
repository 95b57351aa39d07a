/** The last address that was read, as people write it: whole, or its network alone. */
import { addressBytes, IPV4 } from "./ip-address.ts";

/** What is left of an address when it is truncated: a network of some customers, not one of them. */
const IPV4_NETWORK_BITS = 24;
const IPV6_NETWORK_BITS = 48;

export function addressText(kind: number): string {
  return kind === IPV4 ? ipv4Text(4) : ipv6Text(16);
}

export function networkText(kind: number): string {
  return kind === IPV4
    ? `${ipv4Text(IPV4_NETWORK_BITS / 8)}/${IPV4_NETWORK_BITS}`
    : `${ipv6Text(IPV6_NETWORK_BITS / 8)}/${IPV6_NETWORK_BITS}`;
}

function ipv4Text(keptBytes: number): string {
  return [0, 1, 2, 3].map((index) => (index < keptBytes ? addressBytes[index] : 0)).join(".");
}

/** The longest run of zero groups becomes `::` (RFC 5952). */
function ipv6Text(keptBytes: number): string {
  const groups = Array.from({ length: 8 }, (_, group) => {
    const [high = 0, low = 0] = addressBytes.subarray(group * 2, group * 2 + 2);
    return group * 2 < keptBytes ? ((high << 8) | low).toString(16) : "0";
  });
  const text = groups.join(":");
  const runs = text.match(/\b0(?::0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return text;
  const at = text.search(new RegExp(`\\b${longest}\\b`));
  const before = text.slice(0, at).replace(/:$/, "");
  const after = text.slice(at + longest.length).replace(/^:/, "");
  return `${before}::${after}`;
}
