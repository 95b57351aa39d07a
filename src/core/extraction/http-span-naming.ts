/**
 * Finds the endpoint of a span that stands for an HTTP request.
 *
 * The sources are tried in order of trust: the framework's template, the template in the span's name, a
 * template that other requests have shown (`learned-routes.ts`), the path. A template is believed only if
 * the path does not contradict it (`template-fit.ts`).
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
import { NO_HTTP_STATUS } from "./outcome.ts";
import { countPathSegments, PathNormalizer } from "./path-normalizer.ts";
import type { ServiceScope } from "./service-table.ts";
import { SpanNameParts } from "./span-name.ts";
import { isMicrometer, readHttpStatus } from "./span-status.ts";
import { createSpelling, NOT_REMEMBERED } from "./spelling-table.ts";
import type { TemplateFacts, TemplateFit } from "./template-fit.ts";
import {
  afterLesson,
  factsOf,
  fitOf,
  hasLessonsLeft,
  hasTaught,
  isCatchAll,
  isPathOf,
  isTrustedWithoutPath,
  isWithPrefix,
  mountEnd,
  needsComparison,
  withPrefix,
} from "./template-fit.ts";

/** Templates whose reading is kept: those that are turned away would else be parsed for every span. */
const TEMPLATE_READINGS_MAX = 4096;
const TEMPLATE_READING_MAX_LENGTH = 512;

/** As much of what `LearnedRoutes` has learned as a spelling remembers. */
const VERSION_MASK = 0xffff;

const UNDERSCORE = 0x5f;

export class HttpSpanNaming {
  /** Of the last endpoint: it follows from more than the request's own path. */
  isNamedByRoute = false;
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
    this.isNamedByRoute = true;
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
    const { templateEnd, templateStart } = this.#name;
    if (templateStart === templateEnd) return null;
    // otelchi calls what it has no route for "/", and leaves the route empty.
    if (templateEnd - templateStart === 1 && saysNoRoute(view)) return null;
    this.#spelling.kind = "template";
    this.#spelling.tailStart = templateStart;
    this.#spelling.tailEnd = templateEnd;
    // Some instrumentations put the path as it was asked for into the name.
    return this.#fromTemplate(view, scope, "observed");
  }

  /** The template is where the spelling's tail points to. */
  #fromTemplate(view: SpanView, scope: ServiceScope, origin: RouteOrigin): Endpoint | null {
    const { spellings } = this.#endpoints;
    const spelling = this.#spelling;
    spelling.tailBytes = view.bytes;
    const entry = spellings.find(spelling);
    const endpoint = entry === NOT_REMEMBERED ? undefined : this.#endpoints.at(spellings.endpointIdAt(entry));
    if (endpoint === undefined) return this.#fromNewTemplate(view, scope, origin);
    const facts = spellings.factsAt(entry);
    const fit = this.#fitOf(view, endpoint.route, facts);
    if (fit === "mounted" || (fit === "contradicts" && isWithPrefix(facts))) {
      return this.#fromNewTemplate(view, scope, origin);
    }
    if (fit === "contradicts") return null;
    if (isCatchAll(facts) && !isSuccess(view)) return this.#fromLearned(view, scope) ?? endpoint;
    if (hasLessonsLeft(facts)) spellings.setFacts(entry, this.#learn(view, scope, endpoint.route, facts));
    return endpoint;
  }

  /** Interned only if it fits: what is no route must not become an endpoint. */
  #fromNewTemplate(view: SpanView, scope: ServiceScope, origin: RouteOrigin): Endpoint | null {
    const spelling = this.#spelling;
    const template = this.#readTemplate(readText(view.bytes, spelling.tailStart, spelling.tailEnd));
    if (template === null) return null;
    // What the request's own path says as well is better looked up by it.
    if (origin === "observed" && this.#pathStart !== -1 && !template.route.includes("{}")) return null;
    const fit = this.#fitOf(view, template.route, factsOf(template));
    if (fit === "contradicts") return null;
    const learned = template.isCatchAll && !isSuccess(view) ? this.#fromLearned(view, scope) : null;
    if (learned !== null) return learned;
    const mounted = fit === "mounted" ? this.#withMount(scope, template) : null;
    const { route, facts } = mounted ?? { route: template.route, facts: factsOf(template) };
    const endpoint = this.#intern(scope, route, origin);
    const isNew = this.#endpoints.spellings.find(spelling) === NOT_REMEMBERED;
    const factsLeft = this.#learn(view, scope, route, facts);
    if (isNew) this.#endpoints.rememberSpelling(spelling, endpoint, factsLeft);
    return endpoint;
  }

  /** The route with the prefix under which the path shows it; null where the service has too many of those. */
  #withMount(scope: ServiceScope, template: CanonicalRoute): { route: string; facts: TemplateFacts } | null {
    const prefix = nameNormalizedPath(readText(this.#path.bytes, 0, mountEnd(template.route, this.#path)));
    if (!this.#endpoints.learnedRoutes.takesMount(scope, prefix)) return null;
    return { route: prefix + template.route, facts: withPrefix(factsOf(template)) };
  }

  /** Lets the service's paths profit from a request that has succeeded. Returns what is left to be learned. */
  #learn(view: SpanView, scope: ServiceScope, route: string, facts: TemplateFacts): TemplateFacts {
    if (this.#pathStart === -1 || !isSuccess(view)) return facts;
    this.#normalizePath(view);
    // As most lessons: nothing new, at a tenth of the price of finding that out by names.
    if (hasTaught(facts) && isPathOf(route, this.#path)) return afterLesson(facts, "one of many");
    const template = { route, isCatchAll: isCatchAll(facts) };
    const canTeachMore = this.#endpoints.learnedRoutes.learn(scope, template, this.#normalizedPath());
    return afterLesson(facts, canTeachMore ? "one of many" : "the last");
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

  #fitOf(view: SpanView, route: string, facts: TemplateFacts): TemplateFit {
    if (this.#pathStart === -1) return isTrustedWithoutPath(facts) ? "fits" : "contradicts";
    if (!needsComparison(facts, countPathSegments(view.bytes, this.#pathStart, this.#pathEnd))) return "fits";
    this.#normalizePath(view);
    return fitOf({ route, facts }, this.#path);
  }

  /**
   * A template that takes everything is what routers report that were left early: `/api/*`, where a
   * request that had gone on would have shown more.
   */
  #fromLearned(view: SpanView, scope: ServiceScope): Endpoint | null {
    if (this.#pathStart === -1) return null;
    this.#normalizePath(view);
    const learned = this.#endpoints.learnedRoutes.find(scope, this.#normalizedPath());
    return learned === null ? null : this.#intern(scope, learned, "declared");
  }

  #fromPath(view: SpanView, scope: ServiceScope): Endpoint | null {
    this.isNamedByRoute = false;
    if (this.#pathStart === -1) return null;
    this.#normalizePath(view);
    const { learnedRoutes, spellings } = this.#endpoints;
    const spelling = this.#spelling;
    spelling.kind = "path";
    spelling.tailBytes = this.#path.bytes;
    spelling.tailStart = 0;
    spelling.tailEnd = this.#path.length;
    const entry = spellings.find(spelling);
    const version = learnedRoutes.versionOf(scope) & VERSION_MASK;
    const known = entry === NOT_REMEMBERED ? undefined : this.#endpoints.at(spellings.endpointIdAt(entry));
    if (known !== undefined && spellings.factsAt(entry) === version) return known;
    const path = this.#normalizedPath();
    const learned = learnedRoutes.find(scope, path);
    const endpoint = this.#intern(scope, learned ?? path, learned === null ? "observed" : "declared");
    // Learned since: the spelling stands for another endpoint now.
    if (entry === NOT_REMEMBERED) this.#endpoints.rememberSpelling(spelling, endpoint, version);
    else this.#endpoints.respell(entry, endpoint, version);
    return endpoint;
  }

  #normalizedPath(): string {
    return nameNormalizedPath(readText(this.#path.bytes, 0, this.#path.length));
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

function isSuccess(view: SpanView): boolean {
  const status = readHttpStatus(view);
  return status !== NO_HTTP_STATUS && status < 400;
}

function saysNoRoute({ attributes }: SpanView): boolean {
  const slot = SPAN_SLOT.httpRoute;
  return attributes.kind[slot] === VALUE_STRING && attributes.start[slot] === attributes.end[slot];
}

function methodSlot(view: SpanView): number {
  const { attributes, bytes } = view;
  const slot = SPAN_SLOT.httpRequestMethod;
  if (attributes.kind[slot] === VALUE_STRING) {
    // `_OTHER` keeps invented methods out of the way, and some real ones (WebDAV) with them.
    const isOther = bytes[attributes.start[slot] ?? 0] === UNDERSCORE;
    return isOther && attributes.has(SPAN_SLOT.httpRequestMethodOriginal) ? SPAN_SLOT.httpRequestMethodOriginal : slot;
  }
  if (attributes.has(SPAN_SLOT.httpMethod)) return SPAN_SLOT.httpMethod;
  return isMicrometer(view) ? SPAN_SLOT.micrometerMethod : SPAN_SLOT.requestMethod;
}
