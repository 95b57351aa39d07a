/**
 * Which instrumentation has made a span, told by the name of its scope, by how Envoy describes itself, or
 * by the language of the SDK alone.
 *
 * Frameworks that leave the server's span to another instrumentation (Express to that of Node's http) are
 * recognised by the spans they make within it.
 */
export type Family = "node" | "python" | "java" | "go" | "dotnet" | "php" | "ruby" | "rust" | "proxy" | "other";

/** One of the known ones, or its family where only that is known. */
export type InstrumentationId =
  | Family
  | ("node-http" | "express" | "koa" | "fastify" | "nestjs" | "nextjs" | "deno")
  | ("flask" | "fastapi" | "django" | "python-asgi" | "python-wsgi")
  | ("java-servlet" | "spring-mvc" | "spring-webflux" | "spring-boot")
  | ("otelhttp" | "otelgin" | "otelecho" | "otelmux" | "otelgrpc")
  | ("aspnetcore" | "laravel" | "symfony" | "slim" | "rails" | "rack")
  | ("envoy" | "istio" | "caddy" | "nginx" | "kong" | "traefik" | "ebpf" | "aws-lambda");

export type Instrumentation = {
  readonly id: InstrumentationId;
  /** As people call it. */
  readonly name: string;
  readonly family: Family;
};

type Known = Instrumentation & { readonly scopes: readonly string[] };

const known = (id: InstrumentationId, name: string, family: Family, ...scopes: readonly string[]): Known => ({
  id,
  name,
  family,
  scopes,
});

const GO_CONTRIB = "go.opentelemetry.io/contrib/instrumentation";
const RUBY = "OpenTelemetry::Instrumentation";

/**
 * The first whose scope the name begins with. Scopes are those that the instrumentations' sources name. A framework
 * comes before those that it is built on.
 */
const KNOWN: readonly Known[] = [
  known("nestjs", "NestJS", "node", "@opentelemetry/instrumentation-nestjs"),
  known("express", "Express", "node", "@opentelemetry/instrumentation-express"),
  known("koa", "Koa", "node", "@opentelemetry/instrumentation-koa"),
  known("fastify", "Fastify", "node", "@fastify/otel", "@opentelemetry/instrumentation-fastify"),
  known("nextjs", "Next.js", "node", "next.js"),
  known("node", "Hono", "node", "@hono/otel"),
  known("node", "hapi", "node", "@opentelemetry/instrumentation-hapi"),
  known("node", "restify", "node", "@opentelemetry/instrumentation-restify"),
  known("node", "connect", "node", "@opentelemetry/instrumentation-connect"),
  known("node-http", "Node http", "node", "@opentelemetry/instrumentation-http"),
  known("deno", "Deno", "node", "deno"),
  known("flask", "Flask", "python", "opentelemetry.instrumentation.flask"),
  known(
    "fastapi",
    "FastAPI",
    "python",
    "opentelemetry.instrumentation.fastapi",
    "opentelemetry.instrumentation.starlette",
  ),
  known("django", "Django", "python", "opentelemetry.instrumentation.django"),
  known("python", "Falcon", "python", "opentelemetry.instrumentation.falcon"),
  known("python", "aiohttp", "python", "opentelemetry.instrumentation.aiohttp_server"),
  known("python", "Tornado", "python", "opentelemetry.instrumentation.tornado"),
  known("python", "Pyramid", "python", "opentelemetry.instrumentation.pyramid"),
  known("python-asgi", "ASGI", "python", "opentelemetry.instrumentation.asgi"),
  known("python-wsgi", "WSGI", "python", "opentelemetry.instrumentation.wsgi"),
  known("spring-mvc", "Spring MVC", "java", "io.opentelemetry.spring-webmvc"),
  known("spring-webflux", "Spring WebFlux", "java", "io.opentelemetry.spring-webflux"),
  known("spring-boot", "Spring Boot (Micrometer)", "java", "org.springframework.boot"),
  known(
    "java-servlet",
    "Java agent, servlets",
    "java",
    ...["servlet", "tomcat", "jetty", "undertow"].map((server) => `io.opentelemetry.${server}`),
  ),
  known("java", "Java agent, Netty", "java", "io.opentelemetry.netty"),
  known("go", "Go otelchi", "go", "github.com/riandyrn/otelchi"),
  known("go", "Go otelfiber", "go", "github.com/gofiber/contrib/otelfiber"),
  known("otelgin", "Go otelgin", "go", `${GO_CONTRIB}/github.com/gin-gonic/gin`),
  known("otelecho", "Go otelecho", "go", `${GO_CONTRIB}/github.com/labstack/echo`),
  known("otelmux", "Go otelmux", "go", `${GO_CONTRIB}/github.com/gorilla/mux`),
  known("otelgrpc", "Go otelgrpc", "go", `${GO_CONTRIB}/google.golang.org/grpc`),
  known("otelhttp", "Go otelhttp", "go", `${GO_CONTRIB}/net/http`),
  known("aspnetcore", "ASP.NET Core", "dotnet", "Microsoft.AspNetCore", "OpenTelemetry.Instrumentation.AspNetCore"),
  known("laravel", "Laravel", "php", "io.opentelemetry.contrib.php.laravel"),
  known("symfony", "Symfony", "php", "io.opentelemetry.contrib.php.symfony"),
  known("slim", "Slim", "php", "io.opentelemetry.contrib.php.slim"),
  known("rails", "Rails", "ruby", `${RUBY}::ActionPack`, `${RUBY}::Rails`),
  known("rack", "Rack", "ruby", `${RUBY}::Rack`, `${RUBY}::Sinatra`),
  known("rust", "actix-web", "rust", "opentelemetry-instrumentation-actix-web"),
  known("nginx", "nginx", "proxy", "nginx"),
  known("kong", "Kong", "proxy", "kong"),
  known("traefik", "Traefik", "proxy", "github.com/traefik/traefik", "traefik"),
  known("ebpf", "eBPF (OBI, Beyla)", "other", "go.opentelemetry.io/obi", "github.com/grafana/beyla"),
  known("aws-lambda", "AWS Lambda", "node", "@opentelemetry/instrumentation-aws-lambda"),
  known("aws-lambda", "AWS Lambda", "python", "opentelemetry.instrumentation.aws_lambda"),
  known("aws-lambda", "AWS Lambda", "java", "io.opentelemetry.aws-lambda"),
];

export const ENVOY: Instrumentation = { id: "envoy", name: "Envoy", family: "proxy" };
export const ISTIO: Instrumentation = { id: "istio", name: "Istio", family: "proxy" };

export const CADDY: Instrumentation = { id: "caddy", name: "Caddy", family: "proxy" };

/** By `telemetry.sdk.language`. */
const BY_LANGUAGE: ReadonlyMap<string, Instrumentation> = new Map<string, Instrumentation>([
  ["nodejs", { id: "node", name: "Node.js", family: "node" }],
  ["python", { id: "python", name: "Python", family: "python" }],
  ["java", { id: "java", name: "Java", family: "java" }],
  ["go", { id: "go", name: "Go", family: "go" }],
  ["dotnet", { id: "dotnet", name: ".NET", family: "dotnet" }],
  ["php", { id: "php", name: "PHP", family: "php" }],
  ["ruby", { id: "ruby", name: "Ruby", family: "ruby" }],
  ["rust", { id: "rust", name: "Rust", family: "rust" }],
]);

export const UNKNOWN_INSTRUMENTATION: Instrumentation = { id: "other", name: "not recognised", family: "other" };

/** null for a scope that is not known. */
export function instrumentationOfScope(scopeName: string): Instrumentation | null {
  return KNOWN.find(({ scopes }) => scopes.some((scope) => scopeName.startsWith(scope))) ?? null;
}

/** Of two frameworks whose spans a service has, the one that is built on the other. */
export function outerFramework(left: Instrumentation | null, right: Instrumentation | null): Instrumentation | null {
  if (left === null || right === null) return left ?? right;
  const rank = ({ name }: Instrumentation) => KNOWN.findIndex((candidate) => candidate.name === name);
  return rank(right) < rank(left) ? right : left;
}

export function instrumentationOfLanguage(language: string): Instrumentation {
  return BY_LANGUAGE.get(language) ?? UNKNOWN_INSTRUMENTATION;
}
