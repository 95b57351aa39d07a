/**
 * Opens the same HTTP server on every address of a host name: `localhost` is 127.0.0.1 and ::1, and
 * clients differ in which they try first.
 */
import { lookup } from "node:dns/promises";
import type { Server } from "node:http";

/** The address cannot be listened on. The message names the setting that is to be changed. */
export class WebServerError extends Error {
  override readonly name = "WebServerError";
}

export type WebAddress = { readonly host: string; readonly port: number };

/** All servers get the same port, also when 0 leaves it to the system. */
export async function listenEverywhere(
  wanted: WebAddress,
  makeServer: () => Server,
): Promise<{ readonly servers: readonly Server[]; readonly address: WebAddress }> {
  const servers: Server[] = [];
  let { port } = wanted;
  let missing: Error | null = null;
  for (const host of await addressesOf(wanted)) {
    const server = makeServer();
    try {
      port = await listenOn(server, { host, port });
      servers.push(server);
    } catch (error) {
      // In containers without IPv6 the name has an address that the machine has not.
      if (isMissingAddress(error)) missing = error;
      else {
        for (const open of servers) open.close();
        throw refusal(wanted, error);
      }
    }
  }
  if (servers.length === 0 && missing !== null) throw refusal(wanted, missing);
  return { servers, address: { host: wanted.host, port } };
}

async function addressesOf(wanted: WebAddress): Promise<readonly string[]> {
  try {
    const found = await lookup(wanted.host, { all: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch (error) {
    throw refusal(wanted, error);
  }
}

function listenOn(server: Server, { host, port }: WebAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}

function isMissingAddress(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "EADDRNOTAVAIL";
}

function refusal({ host, port }: WebAddress, cause: unknown): WebServerError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const reason = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new WebServerError(`cannot listen on ${host}:${port} (api.endpoint): ${reason}`, { cause });
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process has the port",
  EACCES: "this user may not open the port",
  EADDRNOTAVAIL: "this machine does not have the address",
  ENOTFOUND: "the host name is unknown",
};
