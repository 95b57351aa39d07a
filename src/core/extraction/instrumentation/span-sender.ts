/**
 * Who has made a span: the SDK, the instrumentation's scope, and which instrumentation that is.
 *
 * The scope stands beside the spans and not in them. It is read for spans that are looked at, once for all
 * that share it.
 */
import type { SpanView } from "../../otlp/span-view.ts";
import { VALUE_STRING } from "../../otlp/span-view.ts";
import { skipCheckedField } from "../../otlp/structure-check.ts";
import { cursor, readText, readVarint32 } from "../../otlp/wire.ts";
import { RESOURCE_SLOT, SPAN_SLOT } from "../attribute-keys.ts";
import { cleanName } from "../clean-text.ts";
import type { Instrumentation } from "./known-instrumentations.ts";
import { CADDY, ENVOY, ISTIO, instrumentationOfLanguage, instrumentationOfScope } from "./known-instrumentations.ts";

/** "" for what the sender does not say. */
export type SpanSender = {
  readonly instrumentation: Instrumentation;
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly sdkLanguage: string;
  readonly sdkName: string;
  readonly sdkVersion: string;
  readonly distroName: string;
};

const SCOPE_SPANS_SCOPE = 0x0a;
const SCOPE_NAME = 0x0a;
const SCOPE_VERSION = 0x12;
const ISTIO_NODE = /^(?:sidecar|router)~/;

export class SenderReader {
  #sender: SpanSender | null = null;
  #bytes: Uint8Array | null = null;
  #scopeSpansStart = -1;

  senderOf(view: SpanView): SpanSender {
    const isSame = this.#bytes === view.bytes && this.#scopeSpansStart === view.scopeSpansStart;
    if (this.#sender !== null && isSame) return this.#sender;
    this.#bytes = view.bytes;
    this.#scopeSpansStart = view.scopeSpansStart;
    this.#sender = readSender(view);
    return this.#sender;
  }

  /** Lets go of the last request's bytes. */
  forgetRequest(): void {
    this.#bytes = null;
  }
}

function readSender(view: SpanView): SpanSender {
  const scope = readScope(view);
  const sdkLanguage = resourceText(view, RESOURCE_SLOT.sdkLanguage);
  return {
    instrumentation: proxyOf(view) ?? instrumentationOfScope(scope.scopeName) ?? instrumentationOfLanguage(sdkLanguage),
    ...scope,
    sdkLanguage,
    sdkName: resourceText(view, RESOURCE_SLOT.sdkName),
    sdkVersion: resourceText(view, RESOURCE_SLOT.sdkVersion),
    distroName: resourceText(view, RESOURCE_SLOT.distroName),
  };
}

function resourceText({ bytes, resource }: SpanView, slot: number): string {
  return cleanName(resource.text(bytes, slot) ?? "");
}

/** Envoy names no scope of its own, and itself on every span. Caddy uses the scope of Go's otelhttp. */
function proxyOf({ attributes, bytes, resource }: SpanView): Instrumentation | null {
  if (resource.has(RESOURCE_SLOT.webEngineName)) {
    return resource.text(bytes, RESOURCE_SLOT.webEngineName) === "Caddy" ? CADDY : null;
  }
  if (attributes.kind[SPAN_SLOT.component] !== VALUE_STRING) return null;
  if (attributes.text(bytes, SPAN_SLOT.component) !== "proxy") return null;
  return ISTIO_NODE.test(attributes.text(bytes, SPAN_SLOT.nodeId) ?? "") ? ISTIO : ENVOY;
}

/** Nearly always the first field; where it comes after the spans it is found as well. */
function readScope({
  bytes,
  scopeSpansEnd,
  scopeSpansStart,
}: SpanView): Pick<SpanSender, "scopeName" | "scopeVersion"> {
  let position = scopeSpansStart;
  while (position < scopeSpansEnd) {
    const tag = readVarint32(bytes, position, scopeSpansEnd);
    position = skipCheckedField(bytes, tag, cursor.position, scopeSpansEnd);
    if (tag !== SCOPE_SPANS_SCOPE) continue;
    const start = cursor.position;
    return {
      scopeName: fieldText(bytes, SCOPE_NAME, start, position),
      scopeVersion: fieldText(bytes, SCOPE_VERSION, start, position),
    };
  }
  return { scopeName: "", scopeVersion: "" };
}

function fieldText(bytes: Uint8Array, wanted: number, start: number, end: number): string {
  let position = start;
  while (position < end) {
    const tag = readVarint32(bytes, position, end);
    position = skipCheckedField(bytes, tag, cursor.position, end);
    if (tag === wanted) return cleanName(readText(bytes, cursor.position, position));
  }
  return "";
}
