/**
 * What the routes that a service has named tell about paths that come without one.
 *
 * Authentication is often refused before routing, so an endpoint's failures arrive as paths and its
 * successes as templates. Identifiers in a path are seen by themselves (`identifier-segment.ts`); that
 * `/users/ann/session` is `/users/{}/session` only the service knows, and it says so with every success.
 *
 * A template must not swallow what it never meant: beside `/{}` for the pages of a shop `/login` stays
 * what it is. So a literal segment comes before a parameter, a parameter takes words only once a request
 * has shown that it does and never those of authentication, and a template without a literal segment
 * takes none. What is learned is bounded, per service and in all, and it is kept.
 */
import { isAuthenticationWord } from "./authentication-route.ts";
import type { ServiceScope } from "./service-table.ts";

/** Segments of templates that are remembered, each about 150 bytes. */
export const LEARNED_SEGMENTS_MAX = 100_000;
export const LEARNED_SEGMENTS_PER_SERVICE_MAX = 4_000;
/** Prefixes under which a service's routes turn out to be mounted. More are not prefixes but somebody's data. */
export const MOUNTS_PER_SERVICE_MAX = 32;
/** Segments that are looked at for one path; more only where templates were made to be ambiguous. */
const STEPS_MAX = 256;

const PARAMETER = "{}";

type Segment = {
  literals: Map<string, Segment> | null;
  parameter: Segment | null;
  /** A template ends here. */
  isRoute: boolean;
  /** Of a parameter: values that do not look like identifiers have been seen. */
  takesWords: boolean;
  /** Of a parameter: it ends a template and takes any number of segments. */
  takesRest: boolean;
};

/** `isCatchAll`: its last parameter takes any number of segments. */
export type LearnedTemplate = { readonly route: string; readonly isCatchAll: boolean };

type ServiceRoutes = { readonly root: Segment; readonly mounts: Set<string>; segmentCount: number; version: number };

export class LearnedRoutes {
  /** Templates and mount prefixes that found no room. */
  refusedCount = 0;
  /** By index of the service. */
  readonly #services: (ServiceRoutes | undefined)[] = [];
  #segmentCount = 0;
  #stepsLeft = 0;

  get segmentCount(): number {
    return this.#segmentCount;
  }

  /** Changes whenever paths of the service may be named otherwise than before. 0 while nothing is known. */
  versionOf({ index }: ServiceScope): number {
    return this.#services[index]?.version ?? 0;
  }

  /**
   * A request with this path has succeeded on this route; both are canonical. Returns whether another one
   * on the same route can teach something more.
   */
  learn(scope: ServiceScope, { route, isCatchAll }: LearnedTemplate, path: string): boolean {
    const segments = segmentsOf(route);
    const values = segmentsOf(path);
    const hasLiteral = segments.some((segment) => segment !== PARAMETER);
    const service = this.#serviceOf(scope);
    let place = service.root;
    let isTaught = true;
    for (const [depth, segment] of segments.entries()) {
      const next = childOf(place, segment) ?? this.#grow(service, place, segment);
      if (next === null) {
        this.refusedCount++;
        return false;
      }
      if (segment === PARAMETER && hasLiteral && !next.takesWords) {
        const value = values.length === segments.length || isCatchAll ? values[depth] : undefined;
        if (value === undefined || value === PARAMETER) isTaught = false;
        else {
          next.takesWords = true;
          service.version++;
        }
      }
      place = next;
    }
    const takesRest = isCatchAll && segments.at(-1) === PARAMETER;
    if (!place.isRoute || (takesRest && !place.takesRest)) service.version++;
    place.isRoute = true;
    place.takesRest ||= takesRest;
    return !isTaught;
  }

  /** The template that a canonical path fits, or null where none does. */
  find({ index }: ServiceScope, path: string): string | null {
    const service = this.#services[index];
    if (service === undefined) return null;
    this.#stepsLeft = STEPS_MAX;
    const found = this.#match(service.root, segmentsOf(path), 0);
    return found === null ? null : `/${found.join("/")}`;
  }

  /** Whether routes of the service may be mounted under this prefix, which a request has shown. */
  takesMount(scope: ServiceScope, prefix: string): boolean {
    const { mounts } = this.#serviceOf(scope);
    if (mounts.has(prefix)) return true;
    if (mounts.size >= MOUNTS_PER_SERVICE_MAX) {
      this.refusedCount++;
      return false;
    }
    mounts.add(prefix);
    return true;
  }

  #serviceOf({ index }: ServiceScope): ServiceRoutes {
    const known = this.#services[index];
    if (known !== undefined) return known;
    const service = { root: newSegment(), mounts: new Set<string>(), segmentCount: 0, version: 0 };
    this.#services[index] = service;
    return service;
  }

  /** null when there is no room. */
  #grow(service: ServiceRoutes, place: Segment, segment: string): Segment | null {
    if (this.#segmentCount >= LEARNED_SEGMENTS_MAX) return null;
    if (service.segmentCount >= LEARNED_SEGMENTS_PER_SERVICE_MAX) return null;
    this.#segmentCount++;
    service.segmentCount++;
    const child = newSegment();
    if (segment === PARAMETER) place.parameter = child;
    else {
      place.literals ??= new Map();
      place.literals.set(segment, child);
    }
    return child;
  }

  #match(place: Segment, segments: readonly string[], depth: number): string[] | null {
    if (this.#stepsLeft-- <= 0) return null;
    const segment = segments[depth];
    if (segment === undefined) return place.isRoute ? [] : null;
    const literal = place.literals?.get(segment);
    if (literal !== undefined) {
      const rest = this.#match(literal, segments, depth + 1);
      if (rest !== null) return [segment, ...rest];
    }
    const { parameter } = place;
    if (parameter === null) return null;
    if (takes(parameter, segment)) {
      const rest = this.#match(parameter, segments, depth + 1);
      if (rest !== null) return [PARAMETER, ...rest];
    }
    return parameter.takesRest ? [PARAMETER] : null;
  }
}

function takes({ takesWords }: Segment, segment: string): boolean {
  return segment === PARAMETER || (takesWords && !isAuthenticationWord(segment));
}

function childOf(place: Segment, segment: string): Segment | null {
  return segment === PARAMETER ? place.parameter : (place.literals?.get(segment) ?? null);
}

function newSegment(): Segment {
  return { literals: null, parameter: null, isRoute: false, takesWords: false, takesRest: false };
}

function segmentsOf(route: string): readonly string[] {
  return route === "/" ? [] : route.slice(1).split("/");
}
