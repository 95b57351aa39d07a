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

const PLACEHOLDERS = new Set(
  ["", "*", "/*", "**", "/**"].concat("default $default root UNKNOWN NOT_FOUND REDIRECTION".split(" ")),
);

/** Traefik's rules. */
const PROXY_RULE = /\b(?:Path|PathPrefix|PathRegexp|Host|HostRegexp|HostSNI|Headers?)\(/;
/** The templates with which ASP.NET routes whole applications, and API Gateway's "see behind it". */
const WHOLE_APPLICATION = /\{(?:controller|action)\b|\{proxy\+\}/;
/** API Platform names its routes after the paths, and not quite like them. */
const NAME_LIKE_A_ROUTE = /^_api_\//;
const NOT_A_ROUTE = new RegExp(
  [PROXY_RULE, WHOLE_APPLICATION, NAME_LIKE_A_ROUTE].map(({ source }) => source).join("|"),
);
const URL_START = /^[a-z][a-z+]{1,9}:\/\//i;

const METHOD_PREFIX = /^[A-Z]+ +(?=\/)/;
/** Kong marks paths that are regular expressions so. */
const EXPRESSION_MARK = /^~(?=[/^(])/;
/** What Ktor adds to a path that is none of it, and how Go says that a path ends. */
const SELECTOR = /\/?\((?:method:|authenticate\b)[^()]*\)|\{\$\}$/g;
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
  const bare = clean
    .replace(METHOD_PREFIX, "")
    .replace(EXPRESSION_MARK, "")
    .replace(SELECTOR, "")
    .replaceAll(" ", "_")
    .replace(ESCAPED_LITERAL, "$1");
  const stripped = origin === "next" ? bare.replace(NEXT_FILE_SUFFIX, "") : bare;
  const { text, isCatchAll } = replaceBracketed(stripped);
  const segments = readSegments(text);
  const endsOpen = isCatchAll || text.includes("*");
  if (endsOpen && segments.every((segment) => segment === "{}")) return null;
  return { text: segments.join("/"), isCatchAll: endsOpen, isBareWord: !clean.includes("/") };
}

function replaceBracketed(source: string): { text: string; isCatchAll: boolean } {
  return replaceBracketedIn(source, { start: 0, end: source.length, closings: findClosings(source) });
}

/** `closings`: where the bracket that opens at an index is closed. */
type Piece = { readonly start: number; readonly end: number; readonly closings: ReadonlyMap<number, number> };

function replaceBracketedIn(source: string, { start, end, closings }: Piece): { text: string; isCatchAll: boolean } {
  let text = "";
  let isCatchAll = false;
  let index = start;
  while (index < end) {
    const character = source[index] ?? "";
    const closing = closings.get(index) ?? end;
    if (closing >= end) {
      // A bracket without its partner would find one in another place next time.
      text += BRACKET.test(character) ? "_" : character;
      index++;
      continue;
    }
    const next = skipQuantifier(source, closing + 1, end);
    if (source[index + 1] === "/") {
      // An optional piece: `/users{/:id}`, `(/:locale)/users`.
      const inner = replaceBracketedIn(source, { start: index + 1, end: closing, closings });
      text += inner.text;
      isCatchAll ||= inner.isCatchAll;
    } else {
      const content = source.slice(index + 1, closing);
      const following = next < end ? source[next] : undefined;
      if (!(character === "(" && leavesNoTrace(content, text, following))) {
        text += "{}";
        isCatchAll ||= CATCH_ALL.test(content);
      }
    }
    index = next;
  }
  return { text, isCatchAll };
}

/** All at once: to look for each bracket's partner apart takes the square of the length when there is none. */
function findClosings(source: string): ReadonlyMap<number, number> {
  const closings = new Map<number, number>();
  const open: Record<string, number[]> = { "}": [], ">": [], ")": [], "]": [] };
  for (let index = 0; index < source.length; index++) {
    const character = source[index] ?? "";
    if (isOpening(character)) open[CLOSING[character]]?.push(index);
    else {
      const opening = open[character]?.pop();
      if (opening !== undefined) closings.set(opening, index);
    }
  }
  return closings;
}

function isOpening(character: string): character is keyof typeof CLOSING {
  return character in CLOSING;
}

/** `?`, `+` or `*` after a group. A `?` with text after it begins a query instead. */
function skipQuantifier(source: string, index: number, end: number): number {
  const character = index < end ? source[index] : undefined;
  if (character === "+" || character === "*") return index + 1;
  const following = index + 1 < end ? source[index + 1] : undefined;
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
