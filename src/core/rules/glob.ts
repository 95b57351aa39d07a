/**
 * Patterns of rule files: `*`, `**` and `?`, nothing else. Every other character stands for itself,
 * because routes are full of braces and brackets.
 *
 * In a path `*` stays within one segment and `**`, standing alone between slashes, covers any number
 * of them, also none. Elsewhere `*` covers anything. A pattern of one `*` accepts all there is.
 *
 * Matching takes at most pattern times value steps: values come from whoever sends requests, and a
 * regular expression with several stars would let them choose how long we think.
 */
export type GlobKind = "path" | "name";

export const GLOB_MAX_LENGTH = 256;

export type Accepts = (value: string) => boolean;

/** One test for a list of patterns: any of them, and none of those that begin with `!`. */
export function compileGlobs(patterns: readonly string[], kind: GlobKind): Accepts {
  const wanted = patterns.filter((pattern) => !isNegated(pattern));
  const unwanted = patterns.filter(isNegated).map((pattern) => pattern.slice(1));
  const accepts = wanted.length === 0 ? acceptAll : anyOf(wanted, kind);
  if (unwanted.length === 0) return accepts;
  const rejects = anyOf(unwanted, kind);
  return (value) => accepts(value) && !rejects(value);
}

/** True when the patterns accept every value. */
export function acceptsEverything(patterns: readonly string[]): boolean {
  return !patterns.some(isNegated) && patterns.some((pattern) => pattern === "*" || pattern === "**");
}

export function isNegated(pattern: string): boolean {
  return pattern.startsWith("!");
}

export function hasWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

/**
 * A route pattern with its placeholders as endpoints spell them: people copy `/users/{id}`,
 * `/users/:id`, `/users/<int:id>` or `/users/[id]` out of their code, and all of them mean `/users/{}`.
 */
export function canonicalRoutePattern(pattern: string): string {
  return pattern
    .split("/")
    .map((segment) => (/^(\{.*\}|:[A-Za-z_]\w*|<.*>|\[.*\])$/.test(segment) ? "{}" : segment))
    .join("/");
}

const acceptAll: Accepts = () => true;

function anyOf(patterns: readonly string[], kind: GlobKind): Accepts {
  if (acceptsEverything(patterns)) return acceptAll;
  const literals = new Set(patterns.filter((pattern) => !hasWildcard(pattern)));
  const tests = patterns.filter(hasWildcard).map((pattern) => compileGlob(pattern, kind));
  if (tests.length === 0) return (value) => literals.has(value);
  return (value) => literals.has(value) || tests.some((accepts) => accepts(value));
}

function compileGlob(pattern: string, kind: GlobKind): Accepts {
  if (kind === "name") return (value) => matchesSequence(pattern, value, { star: "*", fits: fitsCharacter });
  const segments = pattern.split("/");
  return (value) => matchesSequence(segments, value.split("/"), { star: "**", fits: fitsSegment });
}

function fitsCharacter(pattern: string, character: string): boolean {
  return pattern === "?" || pattern === character;
}

function fitsSegment(pattern: string, segment: string): boolean {
  return matchesSequence(pattern, segment, { star: "*", fits: fitsCharacter });
}

type Elements = { readonly star: string; readonly fits: (pattern: string, element: string) => boolean };

/**
 * Characters within a segment and segments within a path are matched alike: walk both, and on a
 * mismatch let the latest star take one more. Earlier stars never need to be tried again, since the
 * latest one can take whatever they could give up.
 */
function matchesSequence(pattern: ArrayLike<string>, value: ArrayLike<string>, elements: Elements): boolean {
  let at = 0;
  let patternAt = 0;
  let starAt = -1;
  let starEnd = 0;
  while (at < value.length) {
    const expected = pattern[patternAt];
    if (expected === elements.star) {
      starAt = patternAt++;
      starEnd = at;
    } else if (expected !== undefined && elements.fits(expected, value[at] ?? "")) {
      patternAt++;
      at++;
    } else if (starAt >= 0) {
      patternAt = starAt + 1;
      at = ++starEnd;
    } else {
      return false;
    }
  }
  while (pattern[patternAt] === elements.star) patternAt++;
  return patternAt === pattern.length;
}
