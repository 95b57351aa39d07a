/**
 * Finds whom a service calls with a span of kind CLIENT, and what.
 *
 * Seen from the caller, a refused call means that its own credential is not accepted. That concerns the
 * dependency and hardly ever one path of it, and paths of others come without templates: so an HTTP call
 * is named by method and peer, and by a route only where the instrumentation says `url.template`.
 */
import type { SpanView } from "../otlp/span-view.ts";
import { VALUE_NONE, VALUE_STRING } from "../otlp/span-view.ts";
import { readText } from "../otlp/wire.ts";
import { SPAN_SLOT } from "./attribute-keys.ts";
import type { Endpoint } from "./endpoint.ts";
import { canonicalMethod, canonicalRoute } from "./endpoint-naming.ts";
import type { EndpointTable } from "./endpoint-table.ts";
import type { RpcSpanNaming } from "./rpc-span-naming.ts";
import type { ServiceScope } from "./service-table.ts";

/** Names that people have given, before addresses, before what an SDK calls the service. */
const NAME_SLOTS = [SPAN_SLOT.servicePeerName, SPAN_SLOT.peerService] as const;
const ADDRESS_SLOTS = [
  { address: SPAN_SLOT.serverAddress, port: SPAN_SLOT.serverPort },
  { address: SPAN_SLOT.netPeerName, port: SPAN_SLOT.netPeerPort },
] as const;
const URL_SLOTS = [SPAN_SLOT.urlFull, SPAN_SLOT.httpUrl] as const;
const METHOD_SLOTS = [SPAN_SLOT.httpRequestMethod, SPAN_SLOT.httpMethod] as const;

/** The ports that nobody writes. */
const USUAL_PORTS = new Set([80, 443]);
/** Names are cut far below it. */
const TEXT_MAX_BYTES = 2000;
const HOST = /^[a-z][a-z0-9+.-]{0,9}:\/\/(?:[^/?#@]*@)?([^/?#@]+)/i;
const USUAL_PORT_SUFFIX = /:(?:80|443)$/;

export class CallNaming {
  readonly #endpoints: EndpointTable;
  readonly #rpcNaming: RpcSpanNaming;

  constructor(endpoints: EndpointTable, rpcNaming: RpcSpanNaming) {
    this.#endpoints = endpoints;
    this.#rpcNaming = rpcNaming;
  }

  /** null when nothing says whom the call was for. */
  endpointOf(view: SpanView, scope: ServiceScope, protocol: "http" | "rpc"): Endpoint | null {
    const peer = peerOf(view);
    if (peer === "") return null;
    const peerScope = this.#endpoints.services.peerOf(scope, peer);
    const rpcEndpoint = protocol === "rpc" ? this.#rpcNaming.endpointOf(view, peerScope) : null;
    if (rpcEndpoint !== null) return rpcEndpoint;
    const template = textOf(view, SPAN_SLOT.urlTemplate);
    const route = template === "" ? "" : (canonicalRoute(template, "plain")?.route ?? "");
    const method = canonicalMethod(firstText(view, METHOD_SLOTS));
    return this.#endpoints.internIn(peerScope, { method, route, protocol: "http" }, "declared");
  }
}

function peerOf(view: SpanView): string {
  const name = firstText(view, NAME_SLOTS);
  if (name !== "") return name;
  for (const { address, port } of ADDRESS_SLOTS) {
    const host = textOf(view, address);
    if (host !== "") return host + portSuffix(view, port);
  }
  const url = firstText(view, URL_SLOTS);
  const host = url === "" ? "" : (HOST.exec(url)?.[1] ?? "").replace(USUAL_PORT_SUFFIX, "");
  // SDKs of clouds name the service and leave its address to the span of the HTTP call within.
  return host === "" ? textOf(view, SPAN_SLOT.rpcService) : host;
}

function portSuffix({ attributes, bytes }: SpanView, slot: number): string {
  if (attributes.kind[slot] === VALUE_NONE) return "";
  const port = attributes.asNumber(bytes, slot);
  return Number.isInteger(port) && port > 0 && !USUAL_PORTS.has(port) ? `:${port}` : "";
}

function firstText(view: SpanView, slots: readonly number[]): string {
  for (const slot of slots) {
    const text = textOf(view, slot);
    if (text !== "") return text;
  }
  return "";
}

function textOf({ attributes, bytes }: SpanView, slot: number): string {
  if (attributes.kind[slot] !== VALUE_STRING) return "";
  const start = attributes.start[slot] ?? 0;
  return readText(bytes, start, Math.min(attributes.end[slot] ?? 0, start + TEXT_MAX_BYTES));
}
