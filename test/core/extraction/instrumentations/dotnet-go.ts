import type { TraceExample } from "./trace-example.ts";
import { internal, server } from "./trace-example.ts";

const http = (method: string, path: string, status: number) => ({
  "http.request.method": method,
  "url.scheme": "https",
  "url.path": path,
  "server.address": "api.example.com",
  "user_agent.original": "curl/8",
  "http.response.status_code": status,
});

const go = (method: string, path: string, status: number) => ({
  ...http(method, path, status),
  "client.address": "203.0.113.9",
  "network.peer.address": "10.0.0.4",
  "network.peer.port": 41414,
});

const legacyGo = (method: string, target: string, status: number) => ({
  "http.method": method,
  "http.scheme": "http",
  "net.host.name": "api.example.com",
  "http.target": target,
  "net.sock.peer.addr": "10.0.0.4",
  "http.client_ip": "203.0.113.9",
  "http.status_code": status,
});

const CLIENT = "203.0.113.9";

const KRATOS_ORDER = {
  "http.request.method": "GET",
  "http.route": "/v1/orders/{id}",
  "url.path": "/v1/orders/8",
  "rpc.system": "http",
  "rpc.service": "shop.v1.Orders",
  "rpc.method": "Get",
  "rpc.status_code": 401,
  "network.peer.address": "203.0.113.9",
};

export const DOTNET: readonly TraceExample[] = [
  {
    sender: "ASP.NET Core: no leading slash, and no client",
    spans: [
      server("GET api/users/{id:int}", { ...http("GET", "/api/users/8", 401), "http.route": "api/users/{id:int}" }),
    ],
    requests: ["GET /api/users/{} unauthenticated"],
  },
  {
    sender: "ASP.NET Core with a path base",
    spans: [server("GET users/{id}", { ...http("GET", "/base/users/8", 401), "http.route": "users/{id}" })],
    requests: ["GET /base/users/{} unauthenticated"],
  },
  {
    sender: "ASP.NET Core MVC: one template for all",
    spans: [
      server("GET {controller=Home}/{action=Index}/{id?}", {
        ...http("GET", "/Account/Login", 401),
        "http.route": "{controller=Home}/{action=Index}/{id?}",
      }),
    ],
    requests: ["GET /Account/Login unauthenticated"],
  },
  {
    sender: "ASP.NET Web API: one template for all controllers",
    spans: [
      server("GET api/{controller}/{id}", {
        ...http("GET", "/api/orders/8", 401),
        "http.route": "api/{controller}/{id}",
      }),
    ],
    requests: ["GET /api/orders/{} unauthenticated"],
  },
  {
    sender: "ASP.NET Core, refused before routing",
    spans: [server("GET", http("GET", "/api/users/8", 401))],
    requests: ["GET /api/users/{} unauthenticated"],
  },
  {
    sender: "ASP.NET Core with gRPC",
    spans: [
      server("POST /shop.v1.Cart/AddItem", {
        ...http("POST", "/shop.v1.Cart/AddItem", 200),
        "http.route": "/shop.v1.Cart/AddItem",
        "grpc.method": "/shop.v1.Cart/AddItem",
        "grpc.status_code": "16",
      }),
    ],
    requests: ["shop.v1.Cart/AddItem unauthenticated"],
  },
  {
    sender: "old .NET: status as a word",
    spans: [server("/login", { "http.method": "POST", "http.path": "/login", "http.status_code": "Unauthorized" })],
    requests: ["POST /login unauthenticated"],
  },
];

export const GO: readonly TraceExample[] = [
  {
    sender: "otelhttp within a mux",
    spans: [server("GET /users/{id}", { ...go("GET", "/users/77", 401), "http.route": "/users/{id}" })],
    requests: ["GET /users/{} unauthenticated"],
    client: CLIENT,
  },
  {
    sender: "otelhttp around a mux: only the name changes",
    spans: [server("GET /users/{name}", go("GET", "/users/ann", 401))],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "net/http: a pattern that ends the path",
    spans: [server("GET /{$}", { ...go("GET", "/", 200), "http.route": "/{$}" })],
    requests: ["GET / ok"],
  },
  {
    sender: "otelhttp with an operation's name",
    spans: [server("server", legacyGo("GET", "/healthz", 200))],
    requests: ["GET /healthz ok"],
    client: CLIENT,
  },
  {
    sender: "gin",
    spans: [
      server("GET /users/:id", { ...go("GET", "/users/7", 401), "http.route": "/users/:id" }, { statusCode: "ERROR" }),
    ],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "gin, unmatched",
    spans: [server("GET", { ...go("GET", "/wp-login.php", 404), "http.route": "" })],
    requests: ["GET /wp-login.php client_error"],
  },
  {
    sender: "echo",
    spans: [server("/users/:id", { ...legacyGo("GET", "/users/7", 401), "http.route": "/users/:id" })],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "gorilla/mux",
    spans: [server("/users/{id:[0-9]+}", { ...legacyGo("GET", "/users/7", 401), "http.route": "/users/{id:[0-9]+}" })],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "fiber",
    spans: [
      server("/api/v1/users/:id", { ...legacyGo("GET", "/api/v1/users/7", 401), "http.route": "/api/v1/users/:id" }),
      internal("validateToken"),
    ],
    requests: ["GET /api/v1/users/{} unauthenticated"],
  },
  {
    sender: "Kratos over HTTP: its handlers' names, and the status as that of an error",
    spans: [
      server("/shop.v1.Orders/Get", KRATOS_ORDER, {
        statusCode: "ERROR",
        exceptions: [
          { type: "*errors.Error", message: "error: code = 401 reason = UNAUTHORIZED message = Token is invalid" },
        ],
      }),
    ],
    requests: ["GET /v1/orders/{} unauthenticated"],
    client: CLIENT,
  },
  {
    sender: "Kratos over gRPC: the number of an HTTP status",
    spans: [
      server(
        "/shop.v1.Orders/Get",
        { "rpc.system": "grpc", "rpc.service": "shop.v1.Orders", "rpc.method": "Get", "rpc.status_code": 403 },
        { statusCode: "ERROR" },
      ),
    ],
    requests: ["shop.v1.Orders/Get forbidden"],
  },
];
