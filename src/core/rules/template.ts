/**
 * Texts with `{{variable|filter}}` places.
 *
 * Variables and filters are a closed list that is checked when the bundle is read, so a page can
 * never fail for its text. Each variable knows how it is usually written (`{{rate}}` gives `3.1%`);
 * a filter asks for another form. Values come from requests in part, so what could break a line or
 * fill the page is taken out.
 */
import { assertNever } from "../assert.ts";
import { withSuggestion } from "../diagnostic.ts";
import { formatDuration } from "../text/quantity.ts";
import { SECOND_MS } from "../time.ts";
import { formatMoment } from "./calendar.ts";
import type { Template, TemplatePart } from "./rule.ts";

type ValueKind = "text" | "share" | "factor" | "count" | "number" | "moment" | "duration";

/** What each variable holds. Moments are wall clock, durations milliseconds, shares 0 to 1. */
export const TEMPLATE_VARIABLES = {
  endpoint: { kind: "text", help: "the endpoint, as in `POST /login`" },
  service: { kind: "text", help: "`service.name`" },
  env: { kind: "text", help: "`deployment.environment.name`" },
  namespace: { kind: "text", help: "`service.namespace`" },
  method: { kind: "text", help: "the HTTP method" },
  route: { kind: "text", help: "the route, or `package.Service/Method`" },
  peer: { kind: "text", help: "whom the service calls, where the rule is about that" },
  rule: { kind: "text", help: "the rule's id" },
  severity: { kind: "text", help: "the level reached" },
  rate: { kind: "share", help: "share of requests that fail now" },
  usual: { kind: "share", help: "the usual share" },
  ratio: { kind: "factor", help: "the rate over the usual one" },
  deviation: { kind: "number", help: "distance from the usual, in standard deviations" },
  failures: { kind: "count", help: "failures since the burst began" },
  requests: { kind: "count", help: "requests since the burst began" },
  since: { kind: "moment", help: "when the burst began" },
  top_client: { kind: "text", help: "the client with most failures" },
  top_client_share: { kind: "share", help: "that client's share of the failures" },
  threshold: { kind: "number", help: "the evidence that an alarm needs" },
  evidence: { kind: "number", help: "the evidence there is" },
  window: { kind: "duration", help: "the rule's window" },
  pattern: { kind: "text", help: "what the burst looks like" },
  cause: { kind: "text", help: "the likeliest cause" },
} as const satisfies Record<string, { readonly kind: ValueKind; readonly help: string }>;

export type TemplateVariable = keyof typeof TEMPLATE_VARIABLES;

/** null where nothing is known: it is written as "unknown". */
export type TemplateValues = Readonly<Record<TemplateVariable, string | number | null>>;

/** Each filter, the kinds of values that it can write, and what comes out. */
export const TEMPLATE_FILTERS = {
  percent: { kinds: ["share"], help: "`3.1%`" },
  round: { kinds: ["share", "factor", "count", "number"], help: "a whole number; shares in percent, without the sign" },
  factor: { kinds: ["factor", "number"], help: "`3.4x`" },
  count: { kinds: ["count", "number", "factor"], help: "`12,345`" },
  duration: { kinds: ["duration"], help: "`1m30s`" },
  seconds: { kinds: ["duration"], help: "`90`" },
  time: { kinds: ["moment"], help: "`2026-03-02 09:40:12 UTC`" },
  upper: { kinds: ["text"], help: "in capitals" },
  lower: { kinds: ["text"], help: "in small letters" },
} as const satisfies Record<string, { readonly kinds: readonly ValueKind[]; readonly help: string }>;

type TemplateFilter = keyof typeof TEMPLATE_FILTERS;

const VALUE_MAX_LENGTH = 200;

export type TemplateParse =
  | { readonly kind: "ok"; readonly template: Template }
  /** `fragment` is the part of the text that the problem is about. */
  | { readonly kind: "invalid"; readonly problems: readonly { readonly message: string; readonly fragment: string }[] };

export function parseTemplate(text: string): TemplateParse {
  const parts: TemplatePart[] = [];
  const problems: { message: string; fragment: string }[] = [];
  let position = 0;
  for (const match of text.matchAll(/\{\{(.*?)\}\}|\{\{/gs)) {
    const [fragment, inner] = match;
    if (match.index > position) parts.push({ kind: "text", text: text.slice(position, match.index) });
    position = match.index + fragment.length;
    const place = parsePlace(inner);
    if (place.kind === "invalid") problems.push({ message: place.message, fragment: place.fragment ?? fragment });
    else parts.push(place);
  }
  if (position < text.length) parts.push({ kind: "text", text: text.slice(position) });
  return problems.length === 0 ? { kind: "ok", template: { parts } } : { kind: "invalid", problems };
}

export function renderTemplate(template: Template, values: TemplateValues): string {
  return template.parts.map((part) => (part.kind === "text" ? part.text : renderPlace(part, values))).join("");
}

/** The text that the template was read from, but for blanks within the braces. */
export function templateText(template: Template): string {
  return template.parts
    .map((part) => {
      if (part.kind === "text") return part.text;
      return part.filter === null ? `{{${part.name}}}` : `{{${part.name}|${part.filter}}}`;
    })
    .join("");
}

type Place =
  | Extract<TemplatePart, { kind: "variable" }>
  | { readonly kind: "invalid"; readonly message: string; readonly fragment?: string };

function parsePlace(inner: string | undefined): Place {
  if (inner === undefined) return { kind: "invalid", message: 'a "{{" without its "}}"' };
  const [name = "", filter, ...more] = inner.split("|").map((word) => word.trim());
  if (!isVariable(name)) {
    const message = withSuggestion(`unknown variable "${name}"`, name, Object.keys(TEMPLATE_VARIABLES));
    return { kind: "invalid", message, ...(name !== "" && { fragment: name }) };
  }
  if (more.length > 0) return { kind: "invalid", message: "one filter at most" };
  if (filter === undefined) return { kind: "variable", name, filter: null };
  return checkFilter(name, filter);
}

function checkFilter(name: TemplateVariable, filter: string): Place {
  const { kind } = TEMPLATE_VARIABLES[name];
  if (!isFilter(filter)) {
    const message = withSuggestion(`unknown filter "${filter}"`, filter, Object.keys(TEMPLATE_FILTERS));
    return { kind: "invalid", message, ...(filter !== "" && { fragment: filter }) };
  }
  const kinds: readonly ValueKind[] = TEMPLATE_FILTERS[filter].kinds;
  if (kinds.includes(kind)) return { kind: "variable", name, filter };
  return {
    kind: "invalid",
    message: `"${name}" is a ${kind}, which the filter "${filter}" cannot write`,
    fragment: filter,
  };
}

function isVariable(name: string): name is TemplateVariable {
  return Object.hasOwn(TEMPLATE_VARIABLES, name);
}

function isFilter(name: string): name is TemplateFilter {
  return Object.hasOwn(TEMPLATE_FILTERS, name);
}

function renderPlace(part: Extract<TemplatePart, { kind: "variable" }>, values: TemplateValues): string {
  if (!isVariable(part.name)) return "unknown";
  const value = values[part.name];
  if (value === null) return "unknown";
  const filter = part.filter !== null && isFilter(part.filter) ? part.filter : usualFilter(part.name);
  return typeof value === "string" ? renderText(value, filter) : renderNumber(value, filter, part.name);
}

/** How a variable is written when no filter is given. */
function usualFilter(name: TemplateVariable): TemplateFilter | null {
  const { kind } = TEMPLATE_VARIABLES[name];
  switch (kind) {
    case "share":
      return "percent";
    case "factor":
      return "factor";
    case "count":
      return "count";
    case "moment":
      return "time";
    case "duration":
      return "duration";
    case "number":
    case "text":
      return null;
    default:
      return assertNever(kind);
  }
}

function renderText(value: string, filter: TemplateFilter | null): string {
  // Control characters and line separators would let a request write lines into a page.
  const line = value.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ");
  const characters = [...line];
  const cut = characters.length > VALUE_MAX_LENGTH ? `${characters.slice(0, VALUE_MAX_LENGTH - 1).join("")}…` : line;
  if (filter === "upper") return cut.toUpperCase();
  return filter === "lower" ? cut.toLowerCase() : cut;
}

function renderNumber(value: number, filter: TemplateFilter | null, name: TemplateVariable): string {
  if (Number.isNaN(value)) return "unknown";
  switch (filter) {
    case "percent":
      return `${significant(value * 100)}%`;
    case "round":
      return String(Math.round(TEMPLATE_VARIABLES[name].kind === "share" ? value * 100 : value));
    case "factor":
      return Number.isFinite(value) ? `${significant(value)}x` : "far more than ever";
    case "count":
      return groupDigits(Math.round(value));
    case "duration":
      return formatDuration(value);
    case "seconds":
      return String(Math.round(value / SECOND_MS));
    case "time":
      return formatMoment(value);
    case "upper":
    case "lower":
    case null:
      return significant(value);
    default:
      return assertNever(filter);
  }
}

/** Two digits that matter below 10, whole numbers above: 0.031, 3.1, 31, 312. */
function significant(value: number): string {
  if (Math.abs(value) >= 9.95) return groupDigits(Math.round(value));
  return String(Number(value.toPrecision(2)));
}

function groupDigits(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
