/**
 * Names the route of a request whose template and path are strings: `HttpSpanNaming` in plain words,
 * for access logs and recordings.
 */
import { canonicalPath, canonicalRoute, UNKNOWN_ROUTE } from "./endpoint-naming.ts";
import { countPathSegments, PathNormalizer } from "./path-normalizer.ts";
import { factsOf, fitsPath, isTrustedWithoutPath, needsComparison } from "./template-fit.ts";

const utf8 = new TextEncoder();
const normalizer = new PathNormalizer();

export function routeOf({ template, path }: { template: string | undefined; path: string | undefined }): string {
  const fromTemplate = template === undefined ? null : readFittingTemplate(template, path);
  return fromTemplate ?? (path === undefined || path === "" ? UNKNOWN_ROUTE : canonicalPath(path));
}

function readFittingTemplate(template: string, path: string | undefined): string | null {
  const reading = canonicalRoute(template, "plain");
  if (reading === null) return null;
  const facts = factsOf(reading);
  if (path === undefined || path === "") return isTrustedWithoutPath(facts) ? reading.route : null;
  const bytes = utf8.encode(path);
  if (!needsComparison(facts, countPathSegments(bytes, 0, bytes.length))) return reading.route;
  normalizer.normalize(bytes, 0, bytes.length);
  return fitsPath({ route: reading.route, facts }, normalizer) ? reading.route : null;
}
