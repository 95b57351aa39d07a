/**
 * Decides whether a template can be the route of a request with a certain path.
 *
 * When authentication refuses a request before routing, Express and others report the prefix under
 * which the refusing part is mounted: `/api` for a request of `/api/orders/7`. Taken for a route, it
 * would gather the failures of all endpoints in one that has no successes.
 */
import type { CanonicalRoute } from "./endpoint-naming.ts";
import type { PathNormalizer } from "./path-normalizer.ts";

/** What has to be known of a template besides its route, in 16 bits that a table can keep. */
export type TemplateFacts = number;

const SEGMENT_COUNT_MASK = 0xff;
const CATCH_ALL = 0x100;
const BARE_WORD = 0x200;

const SLASH = 0x2f;
const OPEN_BRACE = 0x7b;

export function factsOf({ segmentCount, isCatchAll, isBareWord }: CanonicalRoute): TemplateFacts {
  return Math.min(segmentCount, SEGMENT_COUNT_MASK) | (isCatchAll ? CATCH_ALL : 0) | (isBareWord ? BARE_WORD : 0);
}

/** A word without a slash may be a route's name: only a path that ends in it proves that it is a route. */
export function isTrustedWithoutPath(facts: TemplateFacts): boolean {
  return (facts & BARE_WORD) === 0;
}

/** Whether a path with so many segments has to be compared before the template is believed. */
export function needsComparison(facts: TemplateFacts, pathSegmentCount: number): boolean {
  if ((facts & BARE_WORD) !== 0) return true;
  return (facts & CATCH_ALL) === 0 && (facts & SEGMENT_COUNT_MASK) < pathSegmentCount;
}

/** For templates that need it: a longer path speaks against a template only if it begins with it. */
export function fitsPath(template: { route: string; facts: TemplateFacts }, path: PathNormalizer): boolean {
  if (isTrustedWithoutPath(template.facts)) return !beginsWithRoute(path, template.route);
  return endsWithRoute(path, template.route);
}

function beginsWithRoute(path: PathNormalizer, route: string): boolean {
  if (route === "/") return true;
  let position = 0;
  for (let index = 0; index < route.length; index++) {
    const code = route.charCodeAt(index);
    if (code === OPEN_BRACE) {
      position = findSlash(path, position);
      index++;
    } else if (path.bytes[position++] !== code) return false;
  }
  return position === path.length || path.bytes[position] === SLASH;
}

function endsWithRoute(path: PathNormalizer, route: string): boolean {
  const start = path.length - route.length;
  for (let index = 0; index < route.length; index++) {
    if (path.bytes[start + index] !== route.charCodeAt(index)) return false;
  }
  return start >= 0;
}

function findSlash(path: PathNormalizer, start: number): number {
  let position = start;
  while (position < path.length && path.bytes[position] !== SLASH) position++;
  return position;
}
