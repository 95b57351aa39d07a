/**
 * Finds the endpoint of a span that stands for an HTTP request.
 *
 * The sources are tried in order of trust: the framework's template, the template in the span's name,
 * the path. A template is believed only if the path does not contradict it (`template-fit.ts`).
 *
 * The span is read as bytes. Strings are made for spellings that were never seen, and for the few
 * that are not remembered; `endpoint-naming.ts` says what the names are.
 */
import type { SpanView } from "../otlp/span-view.ts";
import { VALUE_STRING } from "../otlp/span-view.ts";
import { readText } from "../otlp/wire.ts";
import { PATH_SLOTS, SPAN_SLOT } from "./attribute-keys.ts";
import type { Endpoint } from "./endpoint.ts";
import type { CanonicalRoute } from "./endpoint-naming.ts";
import { canonicalMethod, canonicalRoute, nameNormalizedPath, UNKNOWN_ROUTE } from "./endpoint-naming.ts";
import type { EndpointTable, RouteOrigin } from "./endpoint-table.ts";
import { countPathSegments, PathNormalizer } from "./path-normalizer.ts";
import type { ServiceScope } from "./service-table.ts";
import { SpanNameParts } from "./span-name.ts";
import { isMicrometer } from "./span-status.ts";
import { createSpelling, NOT_REMEMBERED } from "./spelling-table.ts";
import type { TemplateFacts } from "./template-fit.ts";
import { factsOf, fitsPath, isTrustedWithoutPath, needsComparison } from "./template-fit.ts";

/** Templates whose reading is kept: those that are turned away would else be parsed for every span. */
const TEMPLATE_READINGS_MAX = 4096;
const TEMPLATE_READING_MAX_LENGTH = 512;

const UNDERSCORE = 0x5f;

export class HttpSpanNaming {
  readonly #endpoints: EndpointTable;
  readonly #plainReadings = new Map<string, CanonicalRoute | null>();
  readonly #nextReadings = new Map<string, CanonicalRoute | null>();
  // What follows is about the span at hand and is used again for the next.
  readonly #spelling = createSpelling();
  readonly #name = new SpanNameParts();
  readonly #path = new PathNormalizer();
  #isPathNormalized = false;
  #pathStart = -1;
  #pathEnd = -1;

  constructor(endpoints: EndpointTable) {
    this.#endpoints = endpoints;
  }

  endpointOf(view: SpanView, scope: ServiceScope): Endpoint {
    this.#spelling.scopeIndex = scope.index;
    this.#name.read(view);
    this.#findMethod(view);
    this.#findPath(view);
    return (
      this.#fromAttributes(view, scope) ??
      this.#fromName(view, scope) ??
      this.#fromPath(view, scope) ??
      // Nobody who asks can choose this name.
      this.#intern(scope, UNKNOWN_ROUTE, "declared")
    );
  }

  #findMethod(view: SpanView): void {
    const { attributes, bytes } = view;
    const spelling = this.#spelling;
    spelling.headBytes = bytes;
    const slot = methodSlot(view);
    if (attributes.kind[slot] === VALUE_STRING) {
      spelling.headStart = attributes.start[slot] ?? 0;
      spelling.headEnd = attributes.end[slot] ?? 0;
    } else {
      spelling.headStart = this.#name.methodStart;
      spelling.headEnd = this.#name.hasMethod(view) ? this.#name.methodEnd : this.#name.methodStart;
    }
  }

  #findPath({ attributes }: SpanView): void {
    this.#isPathNormalized = false;
    this.#pathStart = -1;
    for (let index = 0; index < PATH_SLOTS.length; index++) {
      const slot = PATH_SLOTS[index] ?? 0;
      if (attributes.kind[slot] !== VALUE_STRING || attributes.start[slot] === attributes.end[slot]) continue;
      this.#pathStart = attributes.start[slot] ?? 0;
      this.#pathEnd = attributes.end[slot] ?? 0;
      return;
    }
  }

  #fromAttributes(view: SpanView, scope: ServiceScope): Endpoint | null {
    this.#spelling.kind = view.attributes.has(SPAN_SLOT.nextRoute) ? "next-template" : "template";
    return (
      this.#fromAttribute(view, scope, SPAN_SLOT.httpRoute) ??
      this.#fromAttribute(view, scope, SPAN_SLOT.nextRoute) ??
      (isMicrometer(view) ? this.#fromAttribute(view, scope, SPAN_SLOT.micrometerUri) : null)
    );
  }

  #fromAttribute(view: SpanView, scope: ServiceScope, slot: number): Endpoint | null {
    const { attributes } = view;
    if (attributes.kind[slot] !== VALUE_STRING) return null;
    this.#spelling.tailStart = attributes.start[slot] ?? 0;
    this.#spelling.tailEnd = attributes.end[slot] ?? 0;
    return this.#fromTemplate(view, scope, "declared");
  }

  #fromName(view: SpanView, scope: ServiceScope): Endpoint | null {
    if (this.#name.templateStart === this.#name.templateEnd) return null;
    this.#spelling.kind = "template";
    this.#spelling.tailStart = this.#name.templateStart;
    this.#spelling.tailEnd = this.#name.templateEnd;
    // Some instrumentations put the path as it was asked for into the name.
    return this.#fromTemplate(view, scope, "observed");
  }

  /** The template is where the spelling's tail points to. */
  #fromTemplate(view: SpanView, scope: ServiceScope, origin: RouteOrigin): Endpoint | null {
    const { spellings } = this.#endpoints;
    const spelling = this.#spelling;
    spelling.tailBytes = view.bytes;
    const entry = spellings.find(spelling);
    if (entry !== NOT_REMEMBERED) {
      const endpoint = this.#endpoints.at(spellings.endpointIdAt(entry)) ?? null;
      return endpoint !== null && this.#fits(view, endpoint.route, spellings.factsAt(entry)) ? endpoint : null;
    }
    const template = this.#readTemplate(readText(view.bytes, spelling.tailStart, spelling.tailEnd));
    // Interned only if it fits: what is no route must not become an endpoint.
    if (template === null || !this.#fits(view, template.route, factsOf(template))) return null;
    const endpoint = this.#intern(scope, template.route, origin);
    this.#endpoints.rememberSpelling(spelling, endpoint, factsOf(template));
    return endpoint;
  }

  #readTemplate(text: string): CanonicalRoute | null {
    const isNext = this.#spelling.kind === "next-template";
    const readings = isNext ? this.#nextReadings : this.#plainReadings;
    const known = readings.get(text);
    if (known !== undefined) return known;
    const template = canonicalRoute(text, isNext ? "next" : "plain");
    if (readings.size >= TEMPLATE_READINGS_MAX) readings.clear();
    if (text.length <= TEMPLATE_READING_MAX_LENGTH) readings.set(text, template);
    return template;
  }

  #fits(view: SpanView, route: string, facts: TemplateFacts): boolean {
    if (this.#pathStart === -1) return isTrustedWithoutPath(facts);
    if (!needsComparison(facts, countPathSegments(view.bytes, this.#pathStart, this.#pathEnd))) return true;
    this.#normalizePath(view);
    return fitsPath({ route, facts }, this.#path);
  }

  #fromPath(view: SpanView, scope: ServiceScope): Endpoint | null {
    if (this.#pathStart === -1) return null;
    this.#normalizePath(view);
    const { spellings } = this.#endpoints;
    const spelling = this.#spelling;
    spelling.kind = "path";
    spelling.tailBytes = this.#path.bytes;
    spelling.tailStart = 0;
    spelling.tailEnd = this.#path.length;
    const entry = spellings.find(spelling);
    if (entry !== NOT_REMEMBERED) return this.#endpoints.at(spellings.endpointIdAt(entry)) ?? null;
    const route = nameNormalizedPath(readText(this.#path.bytes, 0, this.#path.length));
    const endpoint = this.#intern(scope, route, "observed");
    this.#endpoints.rememberSpelling(spelling, endpoint, 0);
    return endpoint;
  }

  #normalizePath(view: SpanView): void {
    if (this.#isPathNormalized) return;
    this.#path.normalize(view.bytes, this.#pathStart, this.#pathEnd);
    this.#isPathNormalized = true;
  }

  #intern(scope: ServiceScope, route: string, origin: RouteOrigin): Endpoint {
    const { headBytes, headStart, headEnd } = this.#spelling;
    const method = canonicalMethod(readText(headBytes, headStart, headEnd));
    return this.#endpoints.internIn(scope, { method, route, protocol: "http" }, origin);
  }
}

function methodSlot(view: SpanView): number {
  const { attributes, bytes } = view;
  const slot = SPAN_SLOT.httpRequestMethod;
  if (attributes.kind[slot] === VALUE_STRING) {
    // `_OTHER` keeps invented methods out of the way, and some real ones (WebDAV) with them.
    const isOther = bytes[attributes.start[slot] ?? 0] === UNDERSCORE;
    return isOther && attributes.has(SPAN_SLOT.httpRequestMethodOriginal) ? SPAN_SLOT.httpRequestMethodOriginal : slot;
  }
  return attributes.has(SPAN_SLOT.httpMethod) || !isMicrometer(view)
    ? SPAN_SLOT.httpMethod
    : SPAN_SLOT.micrometerMethod;
}
