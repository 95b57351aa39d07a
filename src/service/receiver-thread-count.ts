/**
 * How many threads receive.
 *
 * One core belongs to the engine and the queue, and one to everything else: the garbage collector,
 * compression, the machine. Threads on those two would only take turns with the main one.
 */
type Machine = { readonly coreCount: number; readonly platform: NodeJS.Platform };

const CORES_KEPT = 2;
/**
 * One brings in protobuf five times as fast as the engine takes it, TLS and gzip included, and JSON a
 * quarter as fast. The second is there when the first one dies; more are for those who receive JSON.
 */
const AUTO_MAX = 2;

/** Where several sockets can listen on one port, and the system deals out the connections. */
const PLATFORMS_SHARING_PORTS: readonly NodeJS.Platform[] = ["linux", "freebsd"];

export function receiverThreadCount(wanted: number | "auto", { coreCount, platform }: Machine): number {
  const asked = wanted === "auto" ? Math.min(AUTO_MAX, Math.max(0, coreCount - CORES_KEPT)) : wanted;
  return PLATFORMS_SHARING_PORTS.includes(platform) ? asked : Math.min(1, asked);
}
