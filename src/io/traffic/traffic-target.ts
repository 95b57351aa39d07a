/**
 * Where rehearsals may go. Traffic that looks like an attack must not reach a system whose owners do
 * not expect it, so a target is this machine, a name reserved for tests, or a host named by hand.
 */
import { BlockList, isIP } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** RFC 6761 and RFC 2606: nobody can own a name under these. */
const TEST_NAME = /(^|\.)(localhost|test)$/i;

/** Why spans may not be sent to the address; null when they may. */
export function targetProblem(address: string, testHosts: readonly string[]): string | null {
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    return `"${address}" is not an address such as http://localhost:4318`;
  }
  const host = new URL(address).hostname.replace(/^\[|\]$/g, "");
  if (isTestHost(host) || testHosts.includes(host)) return null;
  return `${host} is neither this machine nor a test host; if its owners expect this traffic, name it with --test-host ${host}`;
}

function isTestHost(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return TEST_NAME.test(host);
  return LOOPBACK.check(host, family === 4 ? "ipv4" : "ipv6");
}
