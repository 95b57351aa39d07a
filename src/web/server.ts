/**
 * The web server: health, metrics and the API on an address of its own, apart from the receivers, so
 * that no flood of spans keeps a person or a probe out.
 */
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { ListenConfig } from "../config/config.ts";
import { createApi } from "./api.ts";
import { fetchListener } from "./fetch-listener.ts";
import type { WebAddress } from "./listen.ts";
import { listenEverywhere } from "./listen.ts";
import type { Views } from "./views.ts";

/** People and probes, not traffic: beyond it connections are closed at once. */
const CONNECTIONS_MAX = 256;
const REQUEST_TIMEOUT_MS = 30_000;
/** How long a stop waits for answers that are under way. */
const LAST_ANSWERS_MS = 1_000;

export type WebServerParts = {
  /** Told of what no answer should have: a view that throws. */
  readonly onFailure?: (error: unknown) => void;
};

export class WebServer {
  readonly address: WebAddress;
  readonly #servers: readonly Server[];

  private constructor(servers: readonly Server[], address: WebAddress) {
    this.#servers = servers;
    this.address = address;
  }

  /** Throws a WebServerError when the address cannot be had. */
  static async start(settings: ListenConfig, views: Views, parts: WebServerParts = {}): Promise<WebServer> {
    const { onFailure = () => {} } = parts;
    const api = createApi(views, { bearerTokens: settings.bearerTokens, onFailure });
    const answer = fetchListener((request) => api.fetch(request));
    const { servers, address } = await listenEverywhere(settings, () => {
      const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
        answer(request, response).catch((error: unknown) => {
          onFailure(error);
          response.destroy();
        });
      });
      server.maxConnections = CONNECTIONS_MAX;
      return server;
    });
    return new WebServer(servers, address);
  }

  /** Answers what was asked, briefly, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map(closeServer));
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS);
    server.close(() => {
      clearTimeout(deadline);
      resolve();
    });
  });
}
