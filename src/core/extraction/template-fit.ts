/**
 * Decides whether a template can be the route of a request with a certain path.
 *
 * When authentication refuses a request before routing, Express and others report the prefix under
 * which the refusing part is mounted: `/api` for a request of `/api/orders/7`. Taken for a route, it
 * would gather the failures of all endpoints in one that has no successes. Others report a route without
 * the prefix under which it is mounted, `/orders/:id` for the same request: with the prefix it is one
 * that the path can be compared with, and that no other part of the service has.
 */
import type { CanonicalRoute } from "./endpoint-naming.ts";
import type { PathNormalizer } from "./path-normalizer.ts";

/** What has to be known of a template besides its route, in 16 bits that a table can keep. */
export type TemplateFacts = number;

/** `mounted`: the path ends in the template, and what comes before is a prefix. */
export type TemplateFit = "fits" | "contradicts" | "mounted";

const SEGMENT_COUNT_MASK = 0xff;
const CATCH_ALL = 0x100;
const BARE_WORD = 0x200;
/** The route is remembered with its prefix: it has to be the whole path. */
const WITH_PREFIX = 0x400;
const LESSON = 0x800;
const LESSONS_MASK = 0xf800;

const SLASH = 0x2f;
const OPEN_BRACE = 0x7b;
const NO_MATCH = -1;

export function factsOf({ segmentCount, isCatchAll, isBareWord }: CanonicalRoute): TemplateFacts {
  return Math.min(segmentCount, SEGMENT_COUNT_MASK) | (isCatchAll ? CATCH_ALL : 0) | (isBareWord ? BARE_WORD : 0);
}

/** For a template that was mounted: its route is that of the whole path now. */
export function withPrefix(facts: TemplateFacts): TemplateFacts {
  return facts | WITH_PREFIX;
}

export function isWithPrefix(facts: TemplateFacts): boolean {
  return (facts & WITH_PREFIX) !== 0;
}

export function isCatchAll(facts: TemplateFacts): boolean {
  return (facts & CATCH_ALL) !== 0;
}

/** How often the template may still teach something; see `LearnedRoutes`. */
export function hasLessonsLeft(facts: TemplateFacts): boolean {
  return (facts & LESSONS_MASK) !== LESSONS_MASK;
}

export function hasTaught(facts: TemplateFacts): boolean {
  return (facts & LESSONS_MASK) !== 0;
}

export function afterLesson(facts: TemplateFacts, is: "the last" | "one of many"): TemplateFacts {
  return is === "the last" ? facts | LESSONS_MASK : facts + LESSON;
}

/** A word without a slash may be a route's name: only a path that ends in it proves that it is a route. */
export function isTrustedWithoutPath(facts: TemplateFacts): boolean {
  return (facts & BARE_WORD) === 0;
}

/** Whether a path with so many segments has to be compared before the template is believed. */
export function needsComparison(facts: TemplateFacts, pathSegmentCount: number): boolean {
  if ((facts & (BARE_WORD | WITH_PREFIX)) !== 0) return true;
  return !isCatchAll(facts) && (facts & SEGMENT_COUNT_MASK) < pathSegmentCount;
}

/** For templates that need it. */
export function fitOf({ route, facts }: { route: string; facts: TemplateFacts }, path: PathNormalizer): TemplateFit {
  if (isWithPrefix(facts)) return matchFrom(path, 0, route) === path.length ? "fits" : "contradicts";
  const isSuffix = matchFrom(path, mountEnd(route, path), route) === path.length;
  if ((facts & BARE_WORD) !== 0) {
    if (!isSuffix) return "contradicts";
    return mountEnd(route, path) === 0 ? "fits" : "mounted";
  }
  if (beginsWithRoute(path, route)) return "contradicts";
  return isSuffix ? "mounted" : "fits";
}

/** Where in the path the part begins that has as many segments as the route. */
export function mountEnd(route: string, path: PathNormalizer): number {
  let remaining = path.segmentCount;
  for (let index = 0; index < route.length; index++) if (route.charCodeAt(index) === SLASH) remaining--;
  let position = 0;
  while (remaining > 0) {
    position = findSlash(path, position + 1);
    remaining--;
  }
  return remaining < 0 ? path.length : position;
}

/** A longer path speaks against a template if it begins with it. */
function beginsWithRoute(path: PathNormalizer, route: string): boolean {
  if (route === "/") return true;
  const end = matchFrom(path, 0, route);
  return end !== NO_MATCH && (end === path.length || path.bytes[end] === SLASH);
}

/** Where the route ends if the path goes on with it from there. A parameter takes any segment. */
function matchFrom(path: PathNormalizer, start: number, route: string): number {
  let position = start;
  for (let index = 0; index < route.length; index++) {
    const code = route.charCodeAt(index);
    if (code === OPEN_BRACE && route.charCodeAt(index - 1) === SLASH) {
      position = findSlash(path, position);
      index++;
    } else if (position >= path.length || path.bytes[position++] !== code) return NO_MATCH;
  }
  return position;
}

/** Whether the path shows nothing that the route does not say: identifiers, and those where the route has parameters. */
export function isPathOf(route: string, path: PathNormalizer): boolean {
  if (path.length !== route.length) return false;
  for (let index = 0; index < route.length; index++) if (path.bytes[index] !== route.charCodeAt(index)) return false;
  return true;
}

function findSlash(path: PathNormalizer, start: number): number {
  let position = start;
  while (position < path.length && path.bytes[position] !== SLASH) position++;
  return position;
}
