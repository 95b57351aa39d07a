/** The first port from `wanted` on that nobody listens on, so that the demo runs beside a Collector. */
import { createServer } from "node:net";

const TRIES_MAX = 100;
const HOST = "127.0.0.1";

/** 0, any free port, when the hundred from `wanted` on are taken. */
export async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + TRIES_MAX; port++) if (await isFree(port)) return port;
  return 0;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
