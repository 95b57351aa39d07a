/**
 * Opens servers on every address of a host name, as one.
 *
 * `localhost` is 127.0.0.1 and ::1, and clients differ in which they try first: a server on only one
 * of them is unreachable for some. An address of the name that this machine does not have, as in
 * containers without IPv6, is passed over unless no other is left.
 */
import { lookup } from "node:dns/promises";
import type { Server } from "node:net";
import type { BoundAddress, ReceiverError, ReceiverSettings } from "./receiver-settings.ts";
import { listenError } from "./receiver-settings.ts";

export type Listening<OneServer> = { readonly servers: readonly OneServer[]; readonly address: BoundAddress };

/** All servers get the same port, also when the settings leave it to the system. */
export async function listen<OneServer extends Server>(
  settings: ReceiverSettings,
  makeServer: () => OneServer,
): Promise<Listening<OneServer>> {
  const { host, portUse } = settings;
  const reusePort = portUse === "shared";
  const servers: OneServer[] = [];
  let { port } = settings;
  let failure: ReceiverError | null = null;
  for (const address of await addressesOf(settings)) {
    const server = makeServer();
    try {
      port = await listenOn(server, { host: address, port, reusePort });
      servers.push(server);
    } catch (error) {
      const reason = listenError(settings.settingName, { host, port }, toError(error));
      // Anything but a missing address is not passed over: half a listener would look like a whole one.
      if (reason.kind !== "address_unknown") {
        await closeAll(servers);
        throw reason;
      }
      failure = reason;
    }
  }
  if (servers.length === 0 && failure !== null) throw failure;
  return { servers, address: { host, port } };
}

/** Stops taking connections; resolves when the last one has ended. */
export async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
}

async function addressesOf({ host, port, settingName }: ReceiverSettings): Promise<readonly string[]> {
  try {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch (error) {
    throw listenError(settingName, { host, port }, toError(error));
  }
}

function listenOn(server: Server, address: BoundAddress & { readonly reusePort: boolean }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, () => {
      server.off("error", reject);
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : address.port);
    });
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
