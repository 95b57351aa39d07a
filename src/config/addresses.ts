/** What addresses have in common: who can reach them, and whether two of them are one. */
import { isIP } from "node:net";
import type { HostAndPort } from "./setting-shapes.ts";
import { parseHostAndPort } from "./setting-shapes.ts";

/** Only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** A listener on one would take what is sent to the other. Names are not looked up: only what is sure counts. */
export function meetsHost(listening: string, other: string): boolean {
  if (listening === other || isAnyAddress(listening)) return true;
  return (
    isAnyAddress(other) || (isLoopback(listening) && isLoopback(other) && [listening, other].includes("localhost"))
  );
}

/** A client that is told to connect to `host` comes to this machine. */
export function isThisMachine(host: string): boolean {
  return isLoopback(host) || isAnyAddress(host);
}

/** The host and port that a client of this address connects to; undefined when it has none. */
export function destinationOf(address: string): HostAndPort | undefined {
  if (!URL.canParse(address) || !/^https?:/.test(address)) return parseHostAndPort(address);
  const { hostname, port, protocol } = new URL(address);
  const usualPort = protocol === "https:" ? 443 : 80;
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? usualPort : Number(port) };
}

function isAnyAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
