/**
 * Reads the route templates of web frameworks into one spelling, where every parameter is `{}`.
 *
 * `/users/:id`, `/users/{id:int}`, `/users/<int:id>`, `/users/[id]` and `^users/(?P<pk>[^/.]+)/$` are
 * the same route. Much of what arrives as a route is none: a catch-all, a framework's word for "not
 * matched", the rule text of a proxy, the name of a route. Those are turned away, and what is known
 * of the rest (`TemplateShape`) lets the caller compare it with the path of the request.
 */
import { cleanText } from "./clean-text.ts";

export type TemplateReading = {
  /** Segments between slashes, parameters as `{}`; not yet normalized. */
  readonly text: string;
  /** Its last parameter takes any number of segments: a longer path does not speak against it. */
  readonly isCatchAll: boolean;
  /** A single word without a slash: a route in some frameworks, a name for a route in others. */
  readonly isBareWord: boolean;
};

const PLACEHOLDERS = new Set(["", "*", "/*", "**", "/**", "default", "root", "UNKNOWN", "NOT_FOUND", "REDIRECTION"]);

/** Traefik's rules, and the template with which ASP.NET routes everything. */
const NOT_A_ROUTE = /\b(?:Path|PathPrefix|PathRegexp|Host|HostRegexp|HostSNI|Headers?)\(|^\{controller/;
const URL_START = /^[a-z][a-z+]{1,9}:\/\//i;

const METHOD_PREFIX = /^[A-Z]+ +(?=\/)/;
/** Django joins the expressions of nested routes, so `^` comes in the middle too. */
const ANCHORS = /^\^+|(?:\$|\\[zZ])+$/g;
const ESCAPED_LITERAL = /\\([/.\-_])/g;
const NEXT_FILE_SUFFIX = /\/(?:route|page)$/;

const CLOSING = { "{": "}", "<": ">", "(": ")", "[": "]" } as const;
const BRACKET = /[{}<>()[\]]/;
const CATCH_ALL = /^\*|\.\.\.|^path:|:path$|\.[*+]|[*+]$/;
/** Next.js groups files as `(auth)` without a trace in the address. */
const ROUTE_GROUP = /^[A-Za-z][\w-]*$/;
/** Rails writes `(.:format)` after every route. */
const FORMAT_GROUP = /^\.[:{]/;

const GOOGLE_VERB = /^\{\}:[A-Za-z]+$/;
const UNBRACKETED_PARAMETER = /^[:$].|[^A-Za-z0-9}]:[A-Za-z_]|[*\\]/;

/** `next` for attributes of Next.js, which up to version 15 end in the name of the file. */
export function readTemplate(source: string, origin: "plain" | "next"): TemplateReading | null {
  const clean = cleanText(source);
  if (PLACEHOLDERS.has(clean) || NOT_A_ROUTE.test(clean) || URL_START.test(clean)) return null;
  const bare = clean.replace(METHOD_PREFIX, "").replaceAll(" ", "_").replace(ESCAPED_LITERAL, "$1");
  const stripped = origin === "next" ? bare.replace(NEXT_FILE_SUFFIX, "") : bare;
  const { text, isCatchAll } = replaceBracketed(stripped);
  const segments = readSegments(text);
  const endsOpen = isCatchAll || text.includes("*");
  if (endsOpen && segments.every((segment) => segment === "{}")) return null;
  return { text: segments.join("/"), isCatchAll: endsOpen, isBareWord: !clean.includes("/") };
}

function replaceBracketed(source: string): { text: string; isCatchAll: boolean } {
  let text = "";
  let isCatchAll = false;
  let index = 0;
  while (index < source.length) {
    const character = source[index] ?? "";
    const end = isOpening(character) ? findClosing(source, index, CLOSING[character]) : -1;
    if (end === -1) {
      // A bracket without its partner would find one in another place next time.
      text += BRACKET.test(character) ? "_" : character;
      index++;
      continue;
    }
    const content = source.slice(index + 1, end);
    const next = skipQuantifier(source, end + 1);
    if (content.startsWith("/")) {
      // An optional piece: `/users{/:id}`, `(/:locale)/users`.
      const inner = replaceBracketed(content);
      text += inner.text;
      isCatchAll ||= inner.isCatchAll;
    } else if (!(character === "(" && leavesNoTrace(content, text, source[next]))) {
      text += "{}";
      isCatchAll ||= CATCH_ALL.test(content);
    }
    index = next;
  }
  return { text, isCatchAll };
}

function isOpening(character: string): character is keyof typeof CLOSING {
  return character in CLOSING;
}

function findClosing(source: string, start: number, closing: string): number {
  const opening = source[start];
  let depth = 0;
  for (let index = start; index < source.length; index++) {
    if (source[index] === opening) depth++;
    else if (source[index] === closing && --depth === 0) return index;
  }
  return -1;
}

/** `?`, `+` or `*` after a group. A `?` with text after it begins a query instead. */
function skipQuantifier(source: string, index: number): number {
  const character = source[index];
  if (character === "+" || character === "*") return index + 1;
  const following = source[index + 1];
  return character === "?" && (following === undefined || following === "/") ? index + 1 : index;
}

function leavesNoTrace(content: string, before: string, following: string | undefined): boolean {
  if (FORMAT_GROUP.test(content)) return true;
  const isWholeSegment = before.endsWith("/") && (following === undefined || following === "/");
  return isWholeSegment && ROUTE_GROUP.test(content);
}

function readSegments(text: string): string[] {
  const segments: string[] = [];
  const [path = ""] = text.split("#", 1);
  for (const segment of path.split("/")) {
    const [head = "", query] = segment.split("?", 2);
    const [withoutMatrix = ""] = head.split(";", 1);
    const literal = withoutMatrix.replace(ANCHORS, "");
    if (literal !== "") segments.push(readSegment(literal));
    // `:id?` is an optional parameter, `users?page=2` the beginning of a query.
    if (query !== undefined && query !== "") break;
  }
  return segments;
}

function readSegment(segment: string): string {
  if (GOOGLE_VERB.test(segment)) return segment;
  return segment.includes("{}") || UNBRACKETED_PARAMETER.test(segment) ? "{}" : segment;
}
