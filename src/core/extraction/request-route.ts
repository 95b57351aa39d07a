/**
 * Names the route of a request whose template and path are strings: `HttpSpanNaming` in plain words,
 * for access logs and recordings.
 */

import { readText } from "../otlp/wire.ts";
import type { CanonicalRoute } from "./endpoint-naming.ts";
import { canonicalPath, canonicalRoute, nameNormalizedPath, UNKNOWN_ROUTE } from "./endpoint-naming.ts";
import type { EndpointTable, RouteOrigin } from "./endpoint-table.ts";
import { countPathSegments, PathNormalizer } from "./path-normalizer.ts";
import type { ServiceScope } from "./service-table.ts";
import { factsOf, fitOf, isCatchAll, isTrustedWithoutPath, mountEnd, needsComparison } from "./template-fit.ts";

/** `""` is no path. */
export type RequestPath = {
  readonly template: string | undefined;
  readonly path: string;
  readonly isSuccess: boolean;
};

export type NamedRoute = { readonly route: string; readonly origin: RouteOrigin };

type Place = { readonly scope: ServiceScope; readonly endpoints: Pick<EndpointTable, "learnedRoutes"> };

/** Templates beyond make room all at once: a recording has few, and each is read for every request. */
const READINGS_MAX = 4096;

const readings = new Map<string, CanonicalRoute | null>();
const utf8 = new TextEncoder();
const normalizer = new PathNormalizer();

export function routeOf({ template, path, isSuccess }: RequestPath, place: Place): NamedRoute {
  const { endpoints, scope } = place;
  const reading = template === undefined ? null : readFittingTemplate(template, path, place);
  if (reading === null) return path === "" ? { route: UNKNOWN_ROUTE, origin: "declared" } : routeOfPath(path, place);
  if (isSuccess && path !== "") endpoints.learnedRoutes.learn(scope, reading, canonicalPath(path));
  return { route: reading.route, origin: "declared" };
}

function routeOfPath(path: string, { endpoints, scope }: Place): NamedRoute {
  const route = canonicalPath(path);
  const learned = endpoints.learnedRoutes.find(scope, route);
  return learned === null ? { route, origin: "observed" } : { route: learned, origin: "declared" };
}

function readFittingTemplate(template: string, path: string, { endpoints, scope }: Place) {
  const reading = readTemplate(template);
  if (reading === null) return null;
  const { route } = reading;
  const facts = factsOf(reading);
  if (path === "") return isTrustedWithoutPath(facts) ? reading : null;
  const bytes = utf8.encode(path);
  if (!needsComparison(facts, countPathSegments(bytes, 0, bytes.length))) return reading;
  normalizer.normalize(bytes, 0, bytes.length);
  const fit = fitOf({ route, facts }, normalizer);
  if (fit !== "mounted") return fit === "fits" ? reading : null;
  const prefix = nameNormalizedPath(readText(normalizer.bytes, 0, mountEnd(route, normalizer)));
  const isMount = endpoints.learnedRoutes.takesMount(scope, prefix);
  return { route: isMount ? prefix + route : route, isCatchAll: isCatchAll(facts) };
}

function readTemplate(template: string): CanonicalRoute | null {
  const known = readings.get(template);
  if (known !== undefined) return known;
  if (readings.size >= READINGS_MAX) readings.clear();
  const reading = canonicalRoute(template, "plain");
  readings.set(template, reading);
  return reading;
}
