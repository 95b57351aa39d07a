/**
 * The names of endpoints in their canonical form, from whatever senders write.
 *
 * A path and the template that it matches come out alike wherever that can be known from the text
 * alone: authentication is often refused before routing, so the failures of an endpoint arrive as
 * paths and its successes as templates, and both must meet. Everything here gives back its own
 * results unchanged.
 */
import { readText } from "../otlp/wire.ts";
import { cleanName, cleanText, replaceInvisible } from "./clean-text.ts";
import { PathNormalizer } from "./path-normalizer.ts";
import { readTemplate } from "./route-template.ts";

export type CanonicalRoute = {
  readonly route: string;
  readonly segmentCount: number;
  readonly isCatchAll: boolean;
  readonly isBareWord: boolean;
};

/** The route of requests that come with no hint of one. No canonical route looks like it. */
export const UNKNOWN_ROUTE = "(unknown route)";

/** Methods that name an endpoint; any other is `_OTHER`, so that invented ones cannot multiply endpoints. */
const METHODS = new Set(
  (
    "GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH QUERY " +
    "PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK SEARCH REPORT MKCALENDAR ACL BIND UNBIND REBIND LINK UNLINK " +
    "CHECKIN CHECKOUT UNCHECKOUT UPDATE MERGE MKACTIVITY MKWORKSPACE LABEL ORDERPATCH BASELINE-CONTROL VERSION-CONTROL " +
    "PURGE SUBSCRIBE UNSUBSCRIBE NOTIFY M-SEARCH"
  ).split(" "),
);
export const OTHER_METHOD = "_OTHER";

const utf8 = new TextEncoder();
const normalizer = new PathNormalizer();

export function isMethod(text: string): boolean {
  return METHODS.has(text);
}

export function canonicalMethod(text: string): string {
  const upper = text.length > 32 ? "" : text.toUpperCase();
  return METHODS.has(upper) ? upper : OTHER_METHOD;
}

/** null for what is no route. See `readTemplate` for `origin`. */
export function canonicalRoute(text: string, origin: "plain" | "next"): CanonicalRoute | null {
  const template = readTemplate(text, origin);
  if (template === null) return null;
  const { isCatchAll, isBareWord, text: written } = template;
  const route = normalize(written);
  // The number of a route, and not a route of numbers.
  if (isBareWord && route === "/{}" && written !== "{}") return null;
  return { route, segmentCount: normalizer.segmentCount, isCatchAll, isBareWord };
}

/** The route that stands for a path when no template is known. */
export function canonicalPath(text: string): string {
  return nameNormalizedPath(normalize(text));
}

/** The same for a path that has been through a PathNormalizer. */
export function nameNormalizedPath(path: string): string {
  const visible = replaceInvisible(path, "_");
  return visible === path ? path : normalize(visible);
}

/** `package.Service/Method`, whether it comes in one piece or in two. */
export function canonicalRpcName(service: string, method: string): string {
  const name = method.includes("/") || service === "" ? method : `${service}/${method}`;
  return cleanName(
    cleanText(name)
      .replaceAll(/[\s()]+/g, "")
      .replace(/^\/+/, ""),
  );
}

function normalize(path: string): string {
  const bytes = utf8.encode(path);
  normalizer.normalize(bytes, 0, bytes.length);
  return readText(normalizer.bytes, 0, normalizer.length);
}
