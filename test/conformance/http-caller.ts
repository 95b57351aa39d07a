/** Plain HTTP/1.1 requests, each on a connection of its own unless an agent is given. */
import type { IncomingHttpHeaders } from "node:http";
import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import type { Target } from "./target.ts";
import { httpOf } from "./target.ts";

export type HttpAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

export type HttpCall = {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** `chunked` sends no Content-Length, so that the size is only known when it has come. */
  readonly framing?: "length" | "chunked";
  readonly agent?: Agent;
};

export const PROTOBUF = { "content-type": "application/x-protobuf" };
export const JSON_TYPE = { "content-type": "application/json" };

/** A receiver that closes the connection while it is still being written to has answered, if it did before. */
export function callHttp(target: Target, call: HttpCall): Promise<HttpAnswer> {
  const { method = "POST", path = "/v1/traces", body = "", framing = "length" } = call;
  const length = framing === "length" ? { "content-length": String(Buffer.byteLength(body)) } : {};
  const headers = { ...authorization(target), ...length, ...call.headers };
  return new Promise((resolve, reject) => {
    const agent = call.agent ?? new Agent();
    const request = httpRequest(httpOf(target) + path, { method, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("error", reject);
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
        if (call.agent === undefined) request.destroy();
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Sends the text as it is and returns all that comes back until the connection ends. */
export async function callRaw(target: Target, text: string): Promise<string> {
  const { hostname, port } = new URL(httpOf(target));
  const socket = connect(Number(port || 80), hostname.replaceAll(/[[\]]/g, ""));
  socket.write(text);
  const chunks = await socket.toArray();
  return Buffer.concat(chunks).toString();
}

export function describeHttp({ status, headers, body }: HttpAnswer): string {
  const type = headers["content-type"] ?? "no Content-Type";
  const text = body.toString("utf8").replaceAll(/[^\x20-\x7e]+/g, "·");
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return `HTTP ${status}, ${type}, ${body.length} bytes: ${shown || "no body"}`;
}

function authorization({ bearerToken }: Target): Readonly<Record<string, string>> {
  return bearerToken === null ? {} : { authorization: `Bearer ${bearerToken}` };
}
