import type { TraceExample } from "./trace-example.ts";
import { internal, server } from "./trace-example.ts";

/** The Java agent. */
const agent = (method: string, path: string, status: number) => ({
  "http.request.method": method,
  "url.scheme": "http",
  "url.path": path,
  "server.address": "api.example.com",
  "client.address": "203.0.113.9",
  "network.peer.address": "10.0.0.4",
  "network.protocol.version": "1.1",
  "user_agent.original": "okhttp/4",
  "thread.name": "http-nio-8080-exec-1",
  "http.response.status_code": status,
});

const micrometer = (method: string, uri: string, status: string) => ({
  method,
  status,
  uri,
  outcome: status === "200" ? "SUCCESS" : "CLIENT_ERROR",
  exception: "none",
});

const CLIENT = "203.0.113.9";

export const JVM: readonly TraceExample[] = [
  {
    sender: "Spring MVC, with its context path",
    spans: [
      server("GET /shop/orders/{id}", { ...agent("GET", "/shop/orders/3", 401), "http.route": "/shop/orders/{id}" }),
      internal("OrderController.show", { "code.namespace": "com.example.OrderController" }),
    ],
    requests: ["GET /shop/orders/{} unauthenticated"],
    client: CLIENT,
  },
  {
    sender: "a plain servlet",
    spans: [server("GET /*", { ...agent("GET", "/admin/users", 403), "http.route": "/*" })],
    requests: ["GET /admin/users forbidden"],
  },
  {
    sender: "Spring WebFlux, refused before its handler is found",
    spans: [server("GET", agent("GET", "/v2/me", 401))],
    requests: ["GET /v2/me unauthenticated"],
  },
  {
    sender: "a portlet of Tomcat that passes on to Spring in the same process",
    spans: [
      server("GET /api/*", { ...agent("GET", "/api/orders/7", 401), "http.route": "/api/*" }),
      internal("ApplicationFilterChain.doFilter"),
      server("GET /api/orders/{id}", { ...agent("GET", "/api/orders/7", 200), "http.route": "/api/orders/{id}" }),
    ],
    requests: ["GET /api/orders/{} unauthenticated"],
  },
  {
    sender: "Spring Boot 3 by way of Micrometer",
    spans: [
      server("http get /owners/{id}", { ...micrometer("GET", "/owners/{id}", "401"), "http.url": "/owners/6" }),
      internal("security filterchain before", { "spring.security.reached.filter.section": "before" }),
    ],
    requests: ["GET /owners/{} unauthenticated"],
  },
  {
    sender: "Spring Boot 3 by way of Micrometer, refused before routing",
    spans: [server("http get", { ...micrometer("GET", "UNKNOWN", "401"), "http.url": "/owners/6" })],
    requests: ["GET /owners/{} unauthenticated"],
  },
  {
    sender: "Spring Boot 4",
    spans: [
      server("GET /owners/{id}", {
        "http.request.method": "GET",
        "http.route": "/owners/{id}",
        "http.response.status_code": "200",
        "url.path": "/owners/6",
        "error.type": "none",
      }),
    ],
    requests: ["GET /owners/{} ok"],
  },
  {
    sender: "Brave: the route is in a name of small letters",
    spans: [
      server("get /users/{name}", { "http.method": "GET", "http.path": "/users/ann", "http.status_code": "401" }),
    ],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "JAX-RS with an expression",
    spans: [
      server("GET /api/users/{id: \\d+}", {
        ...agent("GET", "/api/users/5", 401),
        "http.route": "/api/users/{id: \\d+}",
      }),
    ],
    requests: ["GET /api/users/{} unauthenticated"],
  },
  {
    sender: "Ktor, whose selectors are no part of the path",
    spans: [
      server("GET /api/users/{id}/(method:GET)", {
        ...agent("GET", "/api/users/5", 401),
        "http.route": "/(authenticate auth-jwt)/api/users/{id}/(method:GET)",
      }),
    ],
    requests: ["GET /api/users/{} unauthenticated"],
  },
  {
    sender: "Vert.x",
    spans: [server("GET /users/:id", { ...agent("GET", "/users/5", 401), "http.route": "/users/:id" })],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "Play",
    spans: [server("GET /users/$id<[^/]+>", { ...agent("GET", "/users/5", 200), "http.route": "/users/$id<[^/]+>" })],
    requests: ["GET /users/{} ok"],
  },
  {
    sender: "Spring Cloud Gateway: the id of a route",
    spans: [server("user-service", { ...agent("GET", "/users/5", 401), "http.route": "user-service" })],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "Quarkus",
    spans: [server("GET /hello/{name}", { ...agent("GET", "/hello/ann", 401), "http.route": "/hello/{name}" })],
    requests: ["GET /hello/{} unauthenticated"],
  },
  {
    sender: "Helidon: the status is text",
    spans: [
      server("HTTP Request", {
        "http.method": "GET",
        "http.url": "http://localhost:8080/greet",
        "http.status_code": "401",
      }),
      internal("security", {}),
      internal("security:atn", {}, { under: 0 }),
    ],
    requests: ["GET /greet unauthenticated"],
  },
];
