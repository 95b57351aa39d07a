/** Sends one HTTP request and waits for the whole answer. */
import type { IncomingHttpHeaders, RequestOptions } from "node:http";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

export type HttpAnswer = {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

export type HttpQuestion = RequestOptions & {
  readonly body?: Uint8Array | string;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
};

export function ask({ body = "", ...options }: HttpQuestion): Promise<HttpAnswer> {
  const defaults = { method: "POST", path: "/v1/traces", host: "127.0.0.1" };
  return new Promise((resolve, reject) => {
    const send = options.protocol === "https:" ? httpsRequest : httpRequest;
    const request = send({ ...defaults, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        resolve({ statusCode: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}
