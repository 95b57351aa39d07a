import type { TraceExample } from "./trace-example.ts";
import { client, internal, server } from "./trace-example.ts";

/** Envoy writes nothing but text. */
const envoy = (method: string, url: string, status: string) => ({
  component: "proxy",
  "http.method": method,
  "http.url": url,
  "http.status_code": status,
  "http.protocol": "HTTP/1.1",
  "peer.address": "203.0.113.9",
  user_agent: "curl/8",
  request_size: "0",
  response_size: "12",
  response_flags: "-",
  upstream_cluster: "cluster_0",
  "guid:x-request-id": "7d4f2b1e-0b5b-4f7a-9a51-1f6a0e1f2b3c",
});

const CLIENT = "203.0.113.9";

export const PROXIES: readonly TraceExample[] = [
  {
    sender: "Envoy at the edge, with the call upstream",
    spans: [
      server("ingress", envoy("POST", "https://shop.example.com/oauth/token?x=1", "401")),
      client("router cluster_0 egress", envoy("POST", "https://shop.example.com/oauth/token", "401")),
    ],
    requests: ["POST /oauth/token unauthenticated"],
    client: CLIENT,
  },
  {
    sender: "Envoy as a gateway that has nothing but the call upstream",
    spans: [client("egress shop.example.com", envoy("GET", "http://shop/cart/42", "401"))],
    requests: ["GET /cart/{} unauthenticated"],
    client: CLIENT,
  },
  {
    sender: "Istio beside an application: its own calls",
    spans: [
      client("reviews.default.svc.cluster.local:9080/*", {
        ...envoy("GET", "http://reviews:9080/reviews/0", "401"),
        node_id: "sidecar~10.44.0.8~productpage-v1-7f~default.svc.cluster.local",
        "istio.canonical_service": "productpage",
      }),
    ],
    requests: [],
  },
  {
    sender: "Istio before an application",
    spans: [
      server("reviews.default.svc.cluster.local:9080/*", {
        ...envoy("GET", "http://reviews:9080/reviews/0", "403"),
        node_id: "sidecar~10.44.0.9~reviews-v1-5c~default.svc.cluster.local",
      }),
    ],
    requests: ["GET /reviews/{} forbidden"],
  },
  {
    sender: "Envoy with gRPC",
    spans: [
      server("ingress", {
        ...envoy("POST", "http://shop.example.com/shop.v1.Cart/AddItem", "200"),
        "grpc.path": "/shop.v1.Cart/AddItem",
        "grpc.status_code": "16",
        "grpc.message": "Jwt is expired",
      }),
    ],
    requests: ["shop.v1.Cart/AddItem unauthenticated"],
  },
  {
    sender: "nginx: the prefix of a location",
    spans: [
      server("/api/", {
        "http.method": "GET",
        "http.target": "/api/v1/keys",
        "http.route": "/api/",
        "http.scheme": "https",
        "http.flavor": "1.1",
        "http.request_content_length": 0,
        "net.host.name": "shop",
        "net.sock.peer.addr": CLIENT,
        "http.status_code": 401,
      }),
    ],
    requests: ["GET /api/v1/keys unauthenticated"],
    client: CLIENT,
  },
  {
    sender: "Kong: numbers are doubles",
    spans: [
      server("kong", {
        "http.method": "GET",
        "http.url": "http://gateway/billing/invoices?apikey=1",
        "http.host": "gateway",
        "http.scheme": "http",
        "http.flavor": { double: 1.1 },
        "http.client_ip": CLIENT,
        "net.peer.ip": "10.0.0.4",
        "http.route": "/billing",
        "http.status_code": { double: 401 },
      }),
      internal("kong.router"),
      internal("kong.access.plugin.key-auth", {}, { under: 0 }),
      client("kong.balancer", { "net.peer.ip": "10.0.0.9", "net.peer.port": { double: 8080 } }, { under: 0 }),
    ],
    requests: ["GET /billing/invoices unauthenticated"],
    client: CLIENT,
  },
  {
    sender: "Kong: a route that is an expression",
    spans: [
      server("kong", {
        "http.method": "GET",
        "http.url": "http://gateway/users/5",
        "http.route": "~/users/(?<id>\\d+)$",
        "http.status_code": { double: 401 },
      }),
    ],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "APISIX: the number of a route",
    spans: [
      server("GET /login", {
        "http.method": "POST",
        "http.target": "/login",
        "http.route": "1",
        "http.status_code": 401,
      }),
    ],
    requests: ["POST /login unauthenticated"],
  },
  {
    sender: "Traefik: the text of a rule, on spans that are no requests",
    spans: [
      server("GET", {
        entry_point: "web",
        "http.request.method": "GET",
        "url.path": "/api/me",
        "url.scheme": "",
        "network.peer.address": CLIENT,
        "http.response.status_code": 401,
      }),
      internal("Router", { "http.route": "Host(`a.b`) && PathPrefix(`/api`)", "traefik.router.name": "api@docker" }),
      internal("BasicAuth", { "traefik.middleware.name": "auth@docker" }, { statusCode: "ERROR" }),
    ],
    requests: ["GET /api/me unauthenticated"],
    client: CLIENT,
  },
  {
    sender: "Traefik before a service, in another resource",
    spans: [
      server(
        "GET",
        { "http.request.method": "GET", "url.path": "/me", "http.response.status_code": 401 },
        { resource: { "service.name": "traefik" } },
      ),
      internal("Service", {}, { resource: { "service.name": "traefik" } }),
      client(
        "ReverseProxy",
        {
          "http.request.method": "GET",
          "server.address": "10.0.0.9",
          "server.port": 8080,
          "http.response.status_code": 401,
        },
        { resource: { "service.name": "traefik" } },
      ),
      server("GET /me", {
        "http.request.method": "GET",
        "url.path": "/me",
        "http.route": "/me",
        "http.response.status_code": 401,
      }),
    ],
    requests: ["GET /me unauthenticated", "GET /me unauthenticated"],
  },
  {
    sender: "eBPF by OBI or Beyla, matched by its heuristic",
    spans: [
      server("GET /users/*", {
        "http.request.method": "GET",
        "url.path": "/users/123",
        "http.route": "/users/*",
        "client.address": CLIENT,
        "http.response.status_code": 401,
      }),
      internal("in queue"),
      internal("processing", {}, { under: 0 }),
    ],
    requests: ["GET /users/{} unauthenticated"],
    client: CLIENT,
  },
  {
    sender: "eBPF by OBI or Beyla, unmatched",
    spans: [
      server("GET /**", {
        "http.request.method": "GET",
        "url.path": "/login",
        "http.route": "/**",
        "http.response.status_code": 401,
      }),
    ],
    requests: ["GET /login unauthenticated"],
  },
];

export const SERVERLESS: readonly TraceExample[] = [
  {
    sender: "AWS Lambda behind a REST API",
    spans: [
      server("/users/{id}", {
        "faas.trigger": "http",
        "http.method": "GET",
        "http.route": "/users/{id}",
        "http.target": "/users/5",
        "net.host.name": "abc.execute-api.eu-west-1.amazonaws.com",
        "http.status_code": 401,
      }),
    ],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "AWS Lambda behind a proxy that passes everything on",
    spans: [
      server("/{proxy+}", {
        "faas.trigger": "http",
        "http.method": "GET",
        "http.route": "/{proxy+}",
        "http.target": "/users/5",
        "http.status_code": 401,
      }),
    ],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "AWS Lambda behind an HTTP API: the path as it was asked for",
    spans: [
      server("GET /orders/1b4e28ba-2fa1-41d2-883f-0016d3cca427", {
        "faas.trigger": "http",
        "http.request.method": "GET",
        "http.route": "/orders/1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "url.path": "/orders/1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "http.response.status_code": 401,
      }),
    ],
    requests: ["GET /orders/{} unauthenticated"],
  },
  {
    sender: "AWS Lambda behind the default route of an HTTP API",
    spans: [
      server("$default", {
        "http.method": "GET",
        "http.route": "$default",
        "http.target": "/me",
        "http.status_code": 401,
      }),
    ],
    requests: ["GET /me unauthenticated"],
  },
  {
    sender: "AWS Lambda in Java: nothing but a URL and a status",
    spans: [
      server("my-function", {
        "faas.invocation_id": "79104EXAMPLEB723",
        "http.request.method": "GET",
        "url.full": "https://abc.execute-api.eu-west-1.amazonaws.com/prod/users/5?x=1",
        "http.response.status_code": 401,
      }),
    ],
    requests: ["GET /prod/users/{} unauthenticated"],
  },
  {
    sender: "Azure Functions",
    spans: [
      server("GET api/users/{id}", {
        "http.request.method": "GET",
        "url.path": "/api/users/5",
        "http.route": "api/users/{id}",
        "http.response.status_code": 401,
      }),
    ],
    requests: ["GET /api/users/{} unauthenticated"],
  },
  {
    sender: "Cloudflare Workers",
    spans: [
      server("fetchHandler GET", {
        "http.request.method": "GET",
        "url.full": "https://edge.example.com/me",
        "faas.trigger": "http",
        "http.response.status_code": 401,
      }),
    ],
    requests: ["GET /me unauthenticated"],
  },
  {
    sender: "agentgateway before it took to the conventions",
    spans: [
      server("POST /*", {
        "http.method": "POST",
        "http.path": "/mcp",
        "http.status": 401,
        "src.addr": "203.0.113.9:50314",
        error: "authentication failure: no bearer token found",
      }),
    ],
    requests: ["POST /mcp unauthenticated"],
    client: CLIENT,
  },
  {
    sender: "Datadog through a collector: the request's name beside that of the work",
    spans: [
      server("aspnet-mvc.request", {
        "dd.span.Resource": "GET /accounts/{name}",
        "http.method": "GET",
        "http.url": "http://shop.example.com/accounts/anna",
        "http.status_code": "401",
      }),
    ],
    requests: ["GET /accounts/{} unauthenticated"],
  },
  {
    sender: "a proxy that names its spans by the entry point",
    spans: [
      server("EntryPoint https 10.0.0.1:8443/token", {
        "http.request.method": "POST",
        "url.path": "/token",
        "http.response.status_code": 401,
      }),
    ],
    requests: ["POST /token unauthenticated"],
  },
];
