/**
 * How each instrumentation is made to capture the two headers that matter: who called, and why it was refused.
 *
 * Names of settings are those of the projects' own documentation: opentelemetry.io (zero-code Java agent, HTTP),
 * logfire.pydantic.dev (web frameworks, for Python's variables), opentelemetry-js instrumentation-http (README),
 * opentelemetry-dotnet-instrumentation (release 1.7.0), opentelemetry-ruby-contrib (rack), doc.traefik.io (tracing),
 * nginx.org (ngx_otel_module), envoyproxy.io (type.tracing.v3.CustomTag), istio/api (Telemetry).
 */
import type { Remedy } from "./remedy.ts";

const CHALLENGE = "http.response.header.www-authenticate";
const FORWARDED = "http.request.header.x-forwarded-for";

export const CAPTURE_CHALLENGE: Remedy = {
  any: `capture the response header WWW-Authenticate as ${CHALLENGE}`,
  by: {
    java: "set OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS=www-authenticate for the agent",
    "spring-boot": `extend DefaultServerRequestObservationConvention with a high-cardinality key value ${CHALLENGE}`,
    python: "set OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE=www-authenticate",
    node: 'new HttpInstrumentation({headersToSpanAttributes: {server: {responseHeaders: ["www-authenticate"]}}})',
    nextjs: `where you answer 401, trace.getActiveSpan()?.setAttribute("${CHALLENGE}", [challenge]); Next.js captures no headers`,
    deno: `where you answer 401, trace.getActiveSpan()?.setAttribute("${CHALLENGE}", [challenge]); Deno captures no headers`,
    dotnet:
      "set OTEL_DOTNET_AUTO_TRACES_ASPNETCORE_INSTRUMENTATION_CAPTURE_RESPONSE_HEADERS=www-authenticate; with the SDK, " +
      `o.EnrichWithHttpResponse = (activity, response) => activity.SetTag("${CHALLENGE}", response.Headers.WWWAuthenticate.ToArray())`,
    go:
      "where the guard answers 401, " +
      `trace.SpanFromContext(r.Context()).SetAttributes(attribute.StringSlice("${CHALLENGE}", w.Header().Values("WWW-Authenticate"))); ` +
      "there is no option for it",
    otelgrpc:
      "return errors with a telling message (status.Error(codes.Unauthenticated, …)): it is read in place of a header",
    php: `where you answer 401, Span::getCurrent()->setAttribute('${CHALLENGE}', [$challenge])`,
    ruby: "c.use 'OpenTelemetry::Instrumentation::Rack', { allowed_response_headers: ['WWW-Authenticate'] }",
    rust: 'where the guard refuses, tracing::error!(error, "token refused") within the request\'s span, with the error as a &dyn Error: tracing-opentelemetry keeps what it says',
    envoy: `tracing.custom_tags: [{tag: ${CHALLENGE}, value: "%RESP(WWW-AUTHENTICATE)%"}] on the HTTP connection manager (1.37 and later)`,
    istio: `Telemetry: tracing[].customTags: {${CHALLENGE}: {formatter: {value: "%RESP(WWW-AUTHENTICATE)%"}}} (versions with formatter)`,
    nginx: `otel_span_attr ${CHALLENGE} $sent_http_www_authenticate;`,
    traefik: "tracing.capturedResponseHeaders: [WWW-Authenticate]",
    kong: "the opentelemetry plugin captures no response headers: capture the challenge in the services behind it, and send Kong's logs here",
    ebpf: "eBPF sees no headers of answers: send the service's logs here, or add the SDK's instrumentation",
    "aws-lambda": `where the function answers 401, set ${CHALLENGE} on its span; what an authorizer refuses never reaches the function`,
  },
};

export const CAPTURE_CLIENT: Remedy = {
  any: `record client.address, or capture X-Forwarded-For as ${FORWARDED}`,
  by: {
    java: "set OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS=x-forwarded-for for the agent",
    "spring-boot": "extend DefaultServerRequestObservationConvention with a high-cardinality key value client.address",
    python: "set OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST=x-forwarded-for",
    node: 'new HttpInstrumentation({headersToSpanAttributes: {server: {requestHeaders: ["x-forwarded-for"]}}})',
    nextjs:
      'in a route handler or a layout, trace.getActiveSpan()?.setAttribute("client.address", (await headers()).get("x-forwarded-for") ?? ""); Next.js records none',
    fastify:
      "use @opentelemetry/instrumentation-http beside @fastify/otel, whose own span has none: it records client.address",
    dotnet:
      "app.UseForwardedHeaders(), and o.EnrichWithHttpRequest = (activity, request) => " +
      'activity.SetTag("client.address", request.HttpContext.Connection.RemoteIpAddress?.ToString()); ASP.NET Core records none',
    go: "otelhttp, otelgin and otelecho record client.address: use one around the outermost handler",
    otelgrpc:
      "the conventions give gRPC spans the peer alone: have an interceptor set client.address from the metadata x-forwarded-for",
    php: "set client.address on the server's span from $request->ip(), with the proxies trusted",
    ruby: "c.use 'OpenTelemetry::Instrumentation::Rack', { allowed_request_headers: ['X-Forwarded-For'] }",
    rust: "axum: OtelAxumLayer::default().try_extract_client_ip(true); actix-web's instrumentation records client.address",
    envoy: `tracing.custom_tags: [{tag: ${FORWARDED}, request_header: {name: x-forwarded-for}}], and use_remote_address with xff_num_trusted_hops`,
    istio: `Telemetry: tracing[].customTags: {${FORWARDED}: {header: {name: x-forwarded-for}}}`,
    nginx: `otel_span_attr client.address $remote_addr; with set_real_ip_from for the proxies before it`,
    traefik: "tracing.capturedRequestHeaders: [X-Forwarded-For]",
    kong: "trusted_ips and real_ip_header in kong.conf, so that http.client_ip is the caller's",
    "aws-lambda": "set client.address on the span from event.requestContext.http.sourceIp",
  },
};
