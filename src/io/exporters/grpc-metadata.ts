/**
 * Configured headers as gRPC metadata: names and values that the protocol can carry, or an error that
 * names the header.
 */
import type { OutgoingHttpHeaders } from "node:http2";
import { ExporterError } from "./export-client.ts";

const NAME = /^[0-9a-z_.-]+$/;
const VALUE = /^[\x20-\x7e]*$/;
/** The protocol's own, and those that speak of a connection of HTTP/1.1. */
const RESERVED =
  /^(grpc-.*|te|content-type|content-length|user-agent|host|connection|keep-alive|proxy-connection|transfer-encoding|upgrade)$/;

export function grpcMetadata(headers: Readonly<Record<string, string>>): OutgoingHttpHeaders {
  const metadata: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (!NAME.test(key) || RESERVED.test(key)) throw new ExporterError(`header "${name}" cannot be sent over gRPC`);
    // Names in -bin have values of any bytes, which travel in base64.
    const isBinary = key.endsWith("-bin");
    if (!isBinary && !VALUE.test(value))
      throw new ExporterError(`the value of header "${name}" cannot be sent over gRPC`);
    metadata[key] = isBinary ? Buffer.from(value).toString("base64") : value;
  }
  return metadata;
}
