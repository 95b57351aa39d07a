/**
 * Finds the endpoint of a span that stands for a remote procedure call.
 *
 * New instrumentations give the whole name in `rpc.method`, older ones give service and method apart,
 * and proxies know only the path, which for gRPC is the name with a slash before it.
 */
import type { SpanView } from "../otlp/span-view.ts";
import { VALUE_STRING } from "../otlp/span-view.ts";
import { readText } from "../otlp/wire.ts";
import { PATH_SLOTS, SPAN_SLOT } from "./attribute-keys.ts";
import type { Endpoint } from "./endpoint.ts";
import { canonicalRpcName, UNKNOWN_ROUTE } from "./endpoint-naming.ts";
import type { EndpointTable } from "./endpoint-table.ts";
import { findPathStart } from "./path-normalizer.ts";
import type { ServiceScope } from "./service-table.ts";
import { createSpelling, NOT_REMEMBERED } from "./spelling-table.ts";

/** Systems whose calls go to an address of their own; a call of SOAP or JSON-RPC goes to that of its whole service. */
const SYSTEMS_NAMED_BY_PATH = new Set(["grpc", "connect_rpc", "connectrpc"]);

const SLASH = 0x2f;
const QUESTION_MARK = 0x3f;
const SPACE = 0x20;

export class RpcSpanNaming {
  readonly #endpoints: EndpointTable;
  readonly #spelling = createSpelling();

  constructor(endpoints: EndpointTable) {
    this.#endpoints = endpoints;
    this.#spelling.kind = "rpc";
  }

  /** null when nothing in the span looks like the name of a call: it may be HTTP with a gRPC status. */
  endpointOf(view: SpanView, scope: ServiceScope): Endpoint | null {
    const spelling = this.#spelling;
    spelling.scopeIndex = scope.index;
    spelling.headBytes = view.bytes;
    spelling.headStart = 0;
    spelling.headEnd = 0;
    spelling.tailBytes = view.bytes;
    if (this.#findMethod(view)) this.#findService(view);
    else if (
      !(isNamedByPath(view) && this.#findCallInPath(view)) &&
      !this.#findCall(view.bytes, view.nameStart, view.nameEnd)
    )
      return null;
    return this.#lookUp(scope);
  }

  #findMethod(view: SpanView): boolean {
    return this.#pointTailAt(view, SPAN_SLOT.rpcMethod) || this.#pointTailAt(view, SPAN_SLOT.grpcMethod);
  }

  #pointTailAt({ attributes }: SpanView, slot: number): boolean {
    const start = attributes.start[slot] ?? 0;
    const end = attributes.end[slot] ?? 0;
    if (attributes.kind[slot] !== VALUE_STRING || start === end) return false;
    this.#spelling.tailStart = start;
    this.#spelling.tailEnd = end;
    return true;
  }

  #findService({ attributes }: SpanView): void {
    const slot = SPAN_SLOT.rpcService;
    if (attributes.kind[slot] !== VALUE_STRING) return;
    this.#spelling.headStart = attributes.start[slot] ?? 0;
    this.#spelling.headEnd = attributes.end[slot] ?? 0;
  }

  #findCallInPath({ attributes, bytes }: SpanView): boolean {
    for (let index = 0; index < PATH_SLOTS.length; index++) {
      const slot = PATH_SLOTS[index] ?? 0;
      if (attributes.kind[slot] !== VALUE_STRING) continue;
      const end = attributes.end[slot] ?? 0;
      const start = findPathStart(bytes, attributes.start[slot] ?? 0, end);
      return bytes[start] === SLASH && this.#findCall(bytes, start, end);
    }
    return false;
  }

  /** `package.Service/Method`: two words with one slash between them, one more allowed in front. */
  #findCall(bytes: Uint8Array, rawStart: number, end: number): boolean {
    if (rawStart < 0) return false;
    const start = bytes[rawStart] === SLASH ? rawStart + 1 : rawStart;
    let slashAt = -1;
    let position = start;
    for (; position < end; position++) {
      const byte = bytes[position] ?? 0;
      if (byte === QUESTION_MARK) break;
      if (byte === SPACE || (byte === SLASH && slashAt !== -1)) return false;
      if (byte === SLASH) slashAt = position;
    }
    if (slashAt <= start || slashAt === position - 1) return false;
    this.#spelling.tailStart = start;
    this.#spelling.tailEnd = position;
    return true;
  }

  #lookUp(scope: ServiceScope): Endpoint {
    const { spellings } = this.#endpoints;
    const spelling = this.#spelling;
    const entry = spellings.find(spelling);
    const known = entry === NOT_REMEMBERED ? undefined : this.#endpoints.at(spellings.endpointIdAt(entry));
    if (known !== undefined) return known;
    const service = readText(spelling.headBytes, spelling.headStart, spelling.headEnd);
    const method = readText(spelling.tailBytes, spelling.tailStart, spelling.tailEnd);
    const route = canonicalRpcName(service, method) || UNKNOWN_ROUTE;
    // Servers report calls of methods that they do not have, under the name that the caller chose.
    const origin = route === UNKNOWN_ROUTE ? "declared" : "observed";
    const endpoint = this.#endpoints.internIn(scope, { method: "", route, protocol: "grpc" }, origin);
    this.#endpoints.rememberSpelling(spelling, endpoint, 0);
    return endpoint;
  }
}

function isNamedByPath({ attributes, bytes }: SpanView): boolean {
  const system = attributes.text(bytes, SPAN_SLOT.rpcSystemName) ?? attributes.text(bytes, SPAN_SLOT.rpcSystem);
  return system === undefined || SYSTEMS_NAMED_BY_PATH.has(system);
}
