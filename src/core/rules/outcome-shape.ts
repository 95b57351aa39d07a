/**
 * How people write what a service means by its answers: the `outcomes` of the configuration.
 *
 * It lies here because it matches endpoints with the patterns of rules. Attributes cannot be matched on:
 * which outcomes apply is settled once for an endpoint.
 */
import { OUTCOMES } from "../extraction/observation.ts";
import type { OutcomeOverride } from "../extraction/outcome-override.ts";
import { oneOf, text } from "../text/scalar-shapes.ts";
import type { Shape, ValueOf } from "../text/shape.ts";
import { mapped, object, optional, record, required, withDefault } from "../text/shape.ts";
import type { Report } from "../text/yaml-document.ts";
import { errorAt } from "../text/yaml-document.ts";
import { compileGlobs, GLOB_MAX_LENGTH } from "./glob.ts";
import { compileMatcher, matchesEndpoint } from "./match.ts";
import type { PlacedPatterns } from "./pattern-shapes.ts";
import { endpointPatterns } from "./pattern-shapes.ts";
import { ENDPOINT_FIELDS } from "./rule.ts";
import { grpcStatus, httpStatus } from "./status-shapes.ts";

const outcome = oneOf(OUTCOMES);
const VALUES_MAX = 100;

const attribute = object({
  key: required(
    text({ noun: "an attribute's name", min: 1, max: 200 }),
    "The attribute, as in graphql.error.code or http.response.header.location.",
  ),
  values: required(
    record(outcome, { shape: text({ noun: "a pattern", max: GLOB_MAX_LENGTH }), max: VALUES_MAX }),
    "Outcomes by value; * stands for anything. The first that fits decides.",
  ),
});

const fields = object({
  match: withDefault(endpointPatterns, {}, "Which endpoints are meant, as in rules. Nothing: all of them."),
  http_status: withDefault(
    record(outcome, { shape: mapped(httpStatus, String), max: VALUES_MAX }),
    {},
    "Outcomes by HTTP status.",
  ),
  grpc_status: withDefault(
    record(outcome, { shape: mapped(grpcStatus, String), max: VALUES_MAX }),
    {},
    "Outcomes by gRPC status, which may be written as its name.",
  ),
  attribute: optional(attribute, "Outcomes by the value of a span attribute, whatever the status."),
});

export const outcomeShape: Shape<OutcomeOverride> = mapped(fields, (written, { node, report }) => {
  const { match, http_status, grpc_status, attribute: byValue } = written;
  if (http_status.size + grpc_status.size === 0 && byValue === null) {
    report(errorAt(node.place, "AS205", "give at least one of http_status, grpc_status and attribute"));
    return undefined;
  }
  return matchesEndpointsOnly(match, report) ? toOverride(written) : undefined;
});

function toOverride(written: ValueOf<typeof fields>): OutcomeOverride {
  const matcher = compileMatcher(written.match.patterns);
  return {
    appliesTo: (endpoint) => matchesEndpoint(matcher, endpoint),
    attribute: written.attribute === null ? null : toAttribute(written.attribute),
    httpStatus: byNumber(written.http_status),
    grpcStatus: byNumber(written.grpc_status),
  };
}

function toAttribute({ key, values }: ValueOf<typeof attribute>): OutcomeOverride["attribute"] {
  return {
    key,
    values: [...values].map(([pattern, meaning]) => ({ accepts: compileGlobs([pattern], "name"), outcome: meaning })),
  };
}

function byNumber<Value>(named: ReadonlyMap<string, Value>): ReadonlyMap<number, Value> {
  return new Map([...named].map(([status, value]) => [Number(status), value]));
}

function matchesEndpointsOnly({ places }: PlacedPatterns, report: Report): boolean {
  const others = [...places].filter(([name]) => !ENDPOINT_FIELDS.some((field) => field === name));
  for (const [name, place] of others) {
    report(errorAt(place, "AS104", `"${name}" is no field of an endpoint; known here: ${ENDPOINT_FIELDS.join(", ")}`));
  }
  return others.length === 0;
}
