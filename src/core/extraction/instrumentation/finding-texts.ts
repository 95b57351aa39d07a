/**
 * What each finding means: what is seen, said of a share of requests, and what it costs.
 */
import type { FindingCode } from "./finding.ts";

export type FindingText = { readonly seen: string; readonly cost: string };

export const FINDING_TEXTS: Readonly<Record<FindingCode, FindingText>> = {
  status_missing: {
    seen: "no status code on the span",
    cost: "a 401 cannot be told from a success: failures are not seen at all",
  },
  no_server_spans: {
    seen: "spans of kind INTERNAL have an HTTP status, and no span is of kind SERVER",
    cost: "no request of the service is counted",
  },
  middleware_hidden: {
    seen: "Next.js with a middleware: the outer span says 200 whatever the middleware has answered",
    cost: "401s that the middleware answers itself are not seen",
  },
  route_missing_on_failures: {
    seen: "refused requests have no usable route, others do: they are refused before routing",
    cost: "they count apart from the successes of their endpoint until those have shown the route",
  },
  route_missing: {
    seen: "no route, neither as an attribute nor in the span's name",
    cost: "endpoints are told apart by path: words that stand for parameters make endpoints of their own, each with its own baseline",
  },
  route_unknown: {
    seen: "neither a route nor a path",
    cost: "401s of all routes are counted under one endpoint, `(unknown route)`: a burst on one of them is thinned out by the others",
  },
  route_placeholder: {
    seen: "what stands in http.route is no route: a placeholder, or the prefix under which a guard is mounted",
    cost: "it is turned away, and endpoints are told apart by path",
  },
  route_is_path: {
    seen: "http.route is the path as it was asked for",
    cost: "identifiers are recognised; words that stand for parameters make endpoints of their own",
  },
  mount_missing: {
    seen: "http.route leaves out the prefix under which the router is mounted",
    cost: "none while the path is there too: the prefix is taken from it",
  },
  endpoints_overflow: {
    seen: "requests for endpoints beyond the bound",
    cost: "they share one endpoint, `* (other endpoints)`: a burst on one of them is thinned out by the others",
  },
  method_missing: {
    seen: "no HTTP method",
    cost: "GET and POST on one route are one endpoint: failed sign-ins are thinned out by pages that only show the form",
  },
  method_other: {
    seen: "methods that do not exist, or that the instrumentation does not know (`_OTHER`)",
    cost: "they share one endpoint for each route",
  },
  client_missing: {
    seen: "no client address",
    cost: "an attack from many addresses cannot be told from one client, and a page cannot name who it is",
  },
  client_is_proxy: {
    seen: "one and the same or an internal address as the client of nearly all requests: that of a proxy",
    cost: "an attack from many addresses looks like one client, and one dead client like an outage for all",
  },
  strangers_decide_sampling: {
    seen: "callers from public addresses bring a traceparent of their own, and it is followed",
    cost: "with a parent-based sampler whoever sends `traceparent: …-00` is not traced, and so not counted",
  },
  causes_undecided: {
    seen: "nothing tells why requests are refused",
    cost: "a page says that failures rise and not why: expired tokens, a lost key and a wrong password look alike",
  },
  challenge_missing: {
    seen: "401s without a captured WWW-Authenticate header",
    cost: "causes have to be guessed from exceptions and logs",
  },
  service_unnamed: {
    seen: "no service.name, or the SDK's `unknown_service`",
    cost: "services that nobody named are one service: their endpoints are mixed",
  },
  environment_missing: {
    seen: "no deployment.environment.name",
    cost: "production and staging count together where both are sent here",
  },
  version_missing: {
    seen: "no service.version",
    cost: "a burst that a release has caused cannot be recognised as `deploy`",
  },
  user_agent_missing: {
    seen: "no user agent",
    cost: "patterns cannot tell browsers from programs by it",
  },
  sampling_failures_only: {
    seen: "hardly a success for an hour",
    cost: "a sampler that keeps failures makes every rate a false one",
  },
  sampling_partly_stated: {
    seen: "some spans state a sampling threshold and some do not",
    cost: "equal requests count differently",
  },
  sampling_contradicted: {
    seen: "spans state thresholds that they cannot have passed",
    cost: "they count once, whatever they stand for",
  },
  sampling_elsewhere: {
    seen: "a sampling ratio in the words of another tool (sampler.param, _dd.rule_psr, SampleRate), and no `ot=th`",
    cost: "each span counts as one request: counts and the least traffic to judge are too low",
  },
  sampling_thin: {
    seen: "each span stands for ten requests or more",
    cost: "an alarm needs about as many failed spans as ever, which take that many times as long to come",
  },
  sampling_thin_sign_in: {
    seen: "on sign-in and token routes each span stands for ten requests or more",
    cost: "an attack on them has to send that many times as much before it shows, though the rest of the service is seen well",
  },
  clock_ahead: {
    seen: "spans end in the future: the clock of the sender is ahead, or ours is behind",
    cost: "expired tokens and times in pages are judged by a wrong clock",
  },
  spans_late: {
    seen: "spans end a minute or more before they arrive: they wait somewhere, or the sender's clock is behind",
    cost: "pages come that much later than they could",
  },
  secrets_sent: {
    seen: "credentials, which were redacted here",
    cost: "none here; every other place that these spans go to sees them, and so does the way to authspike",
  },
  old_names: {
    seen: "only the old names of HTTP attributes (http.status_code, http.method)",
    cost: "none: they are read as well. Rules that match on attributes find them under today's names",
  },
  old_and_new_names: {
    seen: "each HTTP attribute under its old and its new name",
    cost: "none but bytes",
  },
  status_is_text: {
    seen: "the status code is a text and not a number",
    cost: "none here; comparisons in other backends fail",
  },
  gateway_roots: {
    seen: "a gateway tells of requests only by the CLIENT spans of what it passes on",
    cost: "none: they are counted as requests. What the gateway refuses itself has no such span",
  },
  nested_spans: {
    seen: "several server spans for one request",
    cost: "none: they are counted once, and wait for each other for two seconds at most",
  },
  spans_torn: {
    seen: "spans of one request that arrive more than two seconds apart",
    cost: "the part that came first stands for the whole: its route or status may be the poorer one",
  },
  spans_repeated: {
    seen: "spans that come again",
    cost: "none: they are counted once. Somebody sends everything twice, or gets no answer in time",
  },
};
