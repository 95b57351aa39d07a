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
import { createSpelling, NOT_REMEMBERED } from "./spelling-table.ts";

/** Names that people have given, before addresses, before what an SDK calls the service. */
const NAME_SLOTS = [SPAN_SLOT.servicePeerName, SPAN_SLOT.peerService] as const;
const ADDRESS_SLOTS = [
  { address: SPAN_SLOT.serverAddress, port: SPAN_SLOT.serverPort },
  { address: SPAN_SLOT.netPeerName, port: SPAN_SLOT.netPeerPort },
] as const;
const URL_SLOTS = [SPAN_SLOT.urlFull, SPAN_SLOT.httpUrl] as const;
const METHOD_SLOTS = [SPAN_SLOT.httpRequestMethod, SPAN_SLOT.httpMethod] as const;

/** The ports that nobody writes. */
const PORT_MAX = 65_535;
const USUAL_PORTS = new Set([80, 443]);
/** Names are cut far below it. */
const TEXT_MAX_BYTES = 2000;
const HOST = /^[a-z][a-z0-9+.-]{0,9}:\/\/(?:[^/?#@]*@)?([^/?#@]+)/i;
const USUAL_PORT_SUFFIX = /:(?:80|443)$/;

export class CallNaming {
  readonly #endpoints: EndpointTable;
  readonly #rpcNaming: RpcSpanNaming;
  readonly #spelling = createSpelling();

  constructor(endpoints: EndpointTable, rpcNaming: RpcSpanNaming) {
    this.#endpoints = endpoints;
    this.#rpcNaming = rpcNaming;
    this.#spelling.kind = "call";
  }

  /** null when nothing says whom the call was for. */
  endpointOf(view: SpanView, scope: ServiceScope, protocol: "http" | "rpc"): Endpoint | null {
    const { spellings } = this.#endpoints;
    const isPlain = protocol === "http" && this.#spell(view, scope);
    const entry = isPlain ? spellings.find(this.#spelling) : NOT_REMEMBERED;
    const known = entry === NOT_REMEMBERED ? undefined : this.#endpoints.at(spellings.endpointIdAt(entry));
    if (known !== undefined && spellings.factsAt(entry) === portOf(view)) return known;
    const endpoint = this.#readEndpoint(view, scope, protocol);
    if (isPlain && entry === NOT_REMEMBERED && endpoint !== null) {
      this.#endpoints.rememberSpelling(this.#spelling, endpoint, portOf(view));
    }
    return endpoint;
  }

  /** Whether method, address and port say all there is to say, as they mostly do. */
  #spell(view: SpanView, scope: ServiceScope): boolean {
    const { attributes, bytes } = view;
    if (attributes.has(SPAN_SLOT.urlTemplate) || NAME_SLOTS.some((slot) => attributes.has(slot))) return false;
    if (attributes.kind[SPAN_SLOT.serverAddress] !== VALUE_STRING) return false;
    if (attributes.kind[SPAN_SLOT.httpRequestMethod] !== VALUE_STRING) return false;
    const spelling = this.#spelling;
    spelling.scopeIndex = scope.index;
    spelling.headBytes = spelling.tailBytes = bytes;
    spelling.headStart = attributes.start[SPAN_SLOT.httpRequestMethod] ?? 0;
    spelling.headEnd = attributes.end[SPAN_SLOT.httpRequestMethod] ?? 0;
    spelling.tailStart = attributes.start[SPAN_SLOT.serverAddress] ?? 0;
    spelling.tailEnd = attributes.end[SPAN_SLOT.serverAddress] ?? 0;
    return spelling.tailEnd > spelling.tailStart;
  }

  #readEndpoint(view: SpanView, scope: ServiceScope, protocol: "http" | "rpc"): Endpoint | null {
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

/** 0 for one that nobody writes, and for none. */
function portOf({ attributes, bytes }: SpanView, slot: number = SPAN_SLOT.serverPort): number {
  if (attributes.kind[slot] === VALUE_NONE) return 0;
  const port = attributes.asNumber(bytes, slot);
  return Number.isInteger(port) && port > 0 && port <= PORT_MAX && !USUAL_PORTS.has(port) ? port : 0;
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

function portSuffix(view: SpanView, slot: number): string {
  const port = portOf(view, slot);
  return port === 0 ? "" : `:${port}`;
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
