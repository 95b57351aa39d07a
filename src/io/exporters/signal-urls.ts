/**
 * Where each signal goes over HTTP, by the rules of the OpenTelemetry exporter specification.
 */
import type { ExporterConfig } from "../../config/config.ts";
import type { Signal } from "../../core/otlp/verdict.ts";
import { SIGNALS } from "../../core/otlp/verdict.ts";
import { ExporterError } from "./export-client.ts";

/**
 * A base address gains the path of the signal and keeps its own; the address of a single signal is
 * used as it is. Without a port it is the scheme's, never 4318. Signals without an address are left out.
 */
export function signalUrls(config: Pick<ExporterConfig, "endpoint" | "signalEndpoints">): Map<Signal, URL> {
  const urls = new Map<Signal, URL>();
  for (const signal of SIGNALS) {
    const own = config.signalEndpoints[signal];
    if (own !== null) urls.set(signal, parseUrl(own));
    else if (config.endpoint !== null) urls.set(signal, appendPath(parseUrl(config.endpoint), `v1/${signal}`));
  }
  return urls;
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new ExporterError(`endpoint "${text}" must begin with http:// or https://`);
}

function appendPath(base: URL, path: string): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, "")}/${path}`;
  return url;
}
