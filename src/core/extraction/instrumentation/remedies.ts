/**
 * What to change for each finding.
 *
 * Sources beyond those in `header-remedies.ts`: the conventions' migration guide (OTEL_SEMCONV_STABILITY_OPT_IN),
 * the SDK's environment variables, pkg.go.dev (otelhttp.WithPublicEndpoint), the Collector's processors.
 */
import type { FindingCode } from "./finding.ts";
import { CAPTURE_CHALLENGE, CAPTURE_CLIENT } from "./header-remedies.ts";
import type { Instrumentation } from "./known-instrumentations.ts";
import type { Remedy } from "./remedy.ts";
import { remedyText } from "./remedy.ts";
import { ROUTE, ROUTE_AND_PATH, ROUTE_OF_REFUSED } from "./route-remedies.ts";

const RESOURCE = "OTEL_RESOURCE_ATTRIBUTES";
const OPT_IN = "set OTEL_SEMCONV_STABILITY_OPT_IN=http, and update the instrumentation where it does not know it";

const REMEDIES: Readonly<Record<FindingCode, Remedy>> = {
  status_missing: {
    any: "set http.response.status_code (or rpc.response.status_code) on the server's span before it ends",
    by: {
      "aws-lambda":
        "set http.response.status_code on the function's span from the response: Python's instrumentation of HTTP APIs does not",
      kong: "update Kong and its opentelemetry plugin, which set http.status_code on the root span",
    },
  },
  no_server_spans: {
    any: "make the span of a request one of kind SERVER: use the instrumentation of the server, or start it with that kind",
    by: { fastify: "use @opentelemetry/instrumentation-http beside @fastify/otel: the server's span is its" },
  },
  middleware_hidden: {
    any: "answer 401 in route handlers, or have the middleware rewrite to one: its own answers have no span with their status",
  },
  route_missing_on_failures: ROUTE_OF_REFUSED,
  route_missing: ROUTE,
  route_unknown: ROUTE_AND_PATH,
  route_placeholder: ROUTE,
  route_is_path: {
    any: "set http.route to the template, /users/{id}, and leave the path to url.path",
    by: { "aws-lambda": "set http.route from event.routeKey: the HTTP API gives the path in its place" },
  },
  mount_missing: { any: "nothing, as long as url.path is sent" },
  endpoints_overflow: {
    any: "set http.route, so that parameters make no endpoints; or raise limits.endpoints_per_service",
  },
  method_missing: { any: "set http.request.method on the server's span" },
  method_other: {
    any: "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS lists further methods; invented ones are those of scanners",
  },
  client_missing: CAPTURE_CLIENT,
  client_is_proxy: CAPTURE_CLIENT,
  strangers_decide_sampling: {
    any: "remove traceparent and tracestate from what strangers send, at the edge; or sample there whatever they ask for (OTEL_TRACES_SAMPLER=always_on)",
    by: {
      otelhttp: "otelhttp.NewHandler(handler, name, otelhttp.WithPublicEndpoint()) on what the internet reaches",
      nginx: "otel_trace_context inject; in place of propagate, on what the internet reaches",
    },
  },
  causes_undecided: CAPTURE_CHALLENGE,
  challenge_missing: CAPTURE_CHALLENGE,
  service_unnamed: {
    any: "set OTEL_SERVICE_NAME",
    by: {
      nginx: "otel_service_name NAME;",
      traefik: "tracing.serviceName",
      kong: "config.resource_attributes: {service.name: NAME} of the opentelemetry plugin",
      envoy: "service_name in envoy.config.trace.v3.OpenTelemetryConfig",
    },
  },
  environment_missing: {
    any: `add deployment.environment.name=production to ${RESOURCE}, or have the Collector's resource processor add it`,
    by: {
      nginx: "otel_resource_attr deployment.environment.name production;",
      traefik: "tracing.resourceAttributes: {deployment.environment.name: production}",
      kong: "config.resource_attributes: {deployment.environment.name: production} of the opentelemetry plugin",
    },
  },
  version_missing: {
    any: `add service.version=… to ${RESOURCE} when the service is built or rolled out`,
    by: {
      dotnet: `AddService(name, serviceVersion: …) in ConfigureResource, or service.version=… in ${RESOURCE}`,
      proxy: "nothing, unless releases of the proxy itself are of interest",
    },
  },
  user_agent_missing: { any: "record user_agent.original on the server's span" },
  sampling_failures_only: {
    any: "let the sampler keep a fixed share of everything, or put authspike before it: docs/sampling.md",
  },
  sampling_partly_stated: { any: "declare the ratio of the spans that state none, under `sampling`: docs/sampling.md" },
  sampling_contradicted: {
    any: "let one of the two decide: a sampler behind the SDK's has to write its own threshold into tracestate",
  },
  sampling_elsewhere: {
    any: "declare the ratio under `sampling`, or use a sampler that writes ot=th into tracestate: docs/sampling.md",
  },
  sampling_thin: {
    any: "keep more, at least of sign-in and token routes; best is to send everything here and to sample behind authspike",
  },
  sampling_thin_sign_in: {
    any: "keep all of these routes: a policy of their own in the Collector's tail_sampling (string_attribute on http.route), or a rule in the SDK's sampler; best is to sample behind authspike",
    by: {
      java: "keep all of these routes with RuleBasedRoutingSampler (opentelemetry-java-contrib, samplers), which decides by url.path; best is to sample behind authspike",
    },
  },
  clock_ahead: { any: "let NTP keep the clocks of the sender's machines and of this one" },
  spans_late: {
    any: "look at what holds them: OTEL_BSP_SCHEDULE_DELAY of the SDK, decision_wait of tail_sampling, timeouts and queues of collectors; then at the sender's clock",
  },
  secrets_sent: {
    any: "do not capture those attributes; where they cannot be avoided, mask them before they leave (the Collector's redaction or transform processor in the service's pod)",
    by: {
      python:
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS=authorization,cookie,set-cookie,.*token.*,.*api-key.*",
      java: "take credentials out of OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS; parameters of addresses are the application's to avoid",
      node: "take credentials out of headersToSpanAttributes; for addresses, mask url.query in applyCustomAttributesOnSpan",
      dotnet:
        "leave OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION unset, and take credentials out of captured headers",
      ruby: "take credentials out of allowed_request_headers and allowed_response_headers",
      traefik: "take them out of tracing.safeQueryParams and tracing.capturedRequestHeaders",
      nginx: "take them out of otel_span_attr; http.target has the query: keep credentials out of addresses",
      envoy: "take them out of tracing.custom_tags; http.url has the query: keep credentials out of addresses",
    },
  },
  old_names: {
    any: OPT_IN,
    by: {
      java: "update to the agent 2.x, or set OTEL_SEMCONV_STABILITY_OPT_IN=http with a 1.x",
      proxy: "nothing: the proxy decides",
      php: "update the auto-instrumentation packages",
    },
  },
  old_and_new_names: {
    any: "OTEL_SEMCONV_STABILITY_OPT_IN=http in place of http/dup, when nothing reads the old names any more",
  },
  status_is_text: { any: "nothing here; elsewhere, convert it with the Collector's transform processor" },
  gateway_roots: { any: "have the gateway send its server spans too, if it can: they show what it refuses itself" },
  nested_spans: { any: "nothing; one of two server instrumentations can be left out" },
  spans_torn: {
    any: "send all spans of a process through one exporter: batches with one schedule (OTEL_BSP_SCHEDULE_DELAY), and no collector that regroups them",
  },
  spans_repeated: {
    any: "look for two pipelines that end here, or for an exporter whose timeout is shorter than what its collector needs",
  },
};

/** Where a proxy's address stands for the client, authspike needs to know its proxies as well. */
const TRUST = "list your proxies under `clients.trusted_proxies`, and have their header captured: ";
const LOGS = "; send the service's logs and inner spans here as well, which tell causes too (docs/causes.md)";

export function remedyFor(code: FindingCode, instrumentation: Instrumentation): string {
  const text = remedyText(REMEDIES[code], instrumentation);
  if (code === "client_is_proxy") return TRUST + text;
  return code === "causes_undecided" ? text + LOGS : text;
}
