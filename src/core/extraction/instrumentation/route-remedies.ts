/**
 * How each instrumentation comes to know the route of a request that is refused, if it can at all.
 */
import type { Remedy } from "./remedy.ts";

/** What helps everybody, whatever the instrumentation can do. */
const LEARNED =
  "until then paths are matched with the routes that successes show, which need http.route and url.path on one span";

export const ROUTE_OF_REFUSED: Remedy = {
  any: `let the guard run after routing; ${LEARNED}`,
  by: {
    express: `attach the guard to the route, router.get(path, guard, handler), and not with app.use(guard); ${LEARNED}`,
    koa: `attach the guard to the route, router.get(path, guard, handler), and not with app.use(guard); ${LEARNED}`,
    nextjs: "answer 401 in the route handler and not in the middleware, which runs before routing",
    "spring-webflux": `nothing to set: the agent learns the route after Spring Security's filters; ${LEARNED}`,
    "java-servlet": `instrument the framework that routes (the agent does so for Spring MVC, JAX-RS and others); ${LEARNED}`,
    django: `refuse in the view (decorators, DRF's permission_classes) and not in a middleware; ${LEARNED}`,
    otelhttp: `wrap the handlers within the mux, mux.Handle(pattern, otelhttp.NewHandler(guard(handler), pattern)), and not the mux; ${LEARNED}`,
    dotnet: `app.UseRouting() before app.UseAuthentication() and app.UseAuthorization(); ${LEARNED}`,
    rack: `use the instrumentation of Rails or Sinatra as well, and refuse in the application; ${LEARNED}`,
    proxy:
      "a proxy that refuses knows no route: send the spans of the services behind it as well, whose successes show their routes under their own names",
  },
};

export const ROUTE: Remedy = {
  any: "set http.route on the server's span, where the router knows it",
  by: {
    node: "enable the framework's instrumentation (express, koa, @fastify/otel, nestjs-core …) beside that of http, and load both before the framework",
    nextjs:
      "send Next.js' own spans (registerOTel in instrumentation.ts) as they are: they have next.route; some hosts replace them by their own",
    deno: 'trace.getActiveSpan()?.setAttribute("http.route", pattern) in the handler: Deno.serve knows none',
    python: "use the framework's instrumentation (flask, fastapi, django) in place of bare ASGI or WSGI",
    java: 'let the agent instrument the framework that routes; with bare servlets, Span.current().setAttribute("http.route", pattern) has to go on the server\'s span',
    go: "otelgin, otelecho or otelmux; with net/http, wrap the handlers within the mux: mux.Handle(pattern, otelhttp.NewHandler(handler, pattern))",
    dotnet: "use endpoint routing (app.MapGet, app.MapControllers)",
    php: "use the auto-instrumentation of the framework (open-telemetry/opentelemetry-auto-laravel, -symfony, -slim)",
    ruby: "use the instrumentation of Rails or Sinatra beside that of Rack",
    proxy: "a proxy knows no routes: send the spans of the services behind it as well",
    ebpf: "state the routes in its configuration (routes.patterns), or add the SDK's instrumentation",
    "aws-lambda": "use the REST API or set http.route from event.routeKey: the HTTP API gives the path alone",
  },
};

export const ROUTE_AND_PATH: Remedy = {
  any: "set http.route, or at least url.path, on the server's span",
  by: {
    node: "use @opentelemetry/instrumentation-http with the framework's instrumentation: together they set url.path and http.route",
    go: "otelhttp since 0.60 sets url.path; wrap the handlers within the mux for http.route",
    ebpf: "state the routes in its configuration (routes.patterns)",
    "aws-lambda": "set http.route and url.path from event.routeKey and event.rawPath",
  },
};
