/**
 * Lets Node's HTTP server ask a function from `Request` to `Response`, as hono has it.
 *
 * Of what such adapters can do only this much is needed: no address of the API reads a body, so none is
 * passed on, and answers are small enough to be held whole.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

export type Answer = (request: Request) => Response | Promise<Response>;

export function fetchListener(answer: Answer): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  return async (incoming, outgoing) => {
    incoming.resume();
    const request = toRequest(incoming);
    if (request === null) {
      outgoing.writeHead(400).end();
      return;
    }
    const response = await answer(request);
    const body = Buffer.from(await response.arrayBuffer());
    outgoing.writeHead(response.status, [...response.headers].flat()).end(body);
  };
}

/** null when the address or a header is not one that a URL or a header can be. */
function toRequest({ url = "/", method = "GET", headers }: IncomingMessage): Request | null {
  const address = `http://${headers.host ?? "localhost"}${url}`;
  if (!url.startsWith("/") || !URL.canParse(address)) return null;
  const given = Object.entries(headers).filter((header): header is [string, string] => typeof header[1] === "string");
  try {
    return new Request(address, { method, headers: given });
  } catch (error) {
    // Methods such as TRACE, which no `Request` may have.
    if (error instanceof TypeError) return null;
    throw error;
  }
}
