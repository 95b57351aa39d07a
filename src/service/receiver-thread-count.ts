/**
 * How many threads receive.
 *
 * One core belongs to the engine and the queue and one to everything else on the machine, the export and
 * the garbage collector among it; the rest may receive, up to the number that keeps the engine busy.
 */
type Machine = { readonly coreCount: number; readonly platform: NodeJS.Platform };

const CORES_KEPT = 2;
/** One reads plain protobuf six times as fast as the engine can take it, and TLS with gzip about twice as fast. */
const AUTO_MAX = 2;

/** Where several sockets can listen on one port, and the system deals out the connections. */
const PLATFORMS_SHARING_PORTS: readonly NodeJS.Platform[] = ["linux", "freebsd"];

export function receiverThreadCount(wanted: number | "auto", { coreCount, platform }: Machine): number {
  const asked = wanted === "auto" ? Math.min(AUTO_MAX, Math.max(0, coreCount - CORES_KEPT)) : wanted;
  return PLATFORMS_SHARING_PORTS.includes(platform) ? asked : Math.min(1, asked);
}
