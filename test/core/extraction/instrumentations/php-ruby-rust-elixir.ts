import type { TraceExample } from "./trace-example.ts";
import { internal, server } from "./trace-example.ts";

const http = (method: string, path: string, status: number) => ({
  "url.full": `https://app.example.com${path}`,
  "http.request.method": method,
  "url.scheme": "https",
  "url.path": path,
  "http.response.status_code": status,
});

const rack = (method: string, target: string, status: number) => ({
  "http.method": method,
  "http.host": "app.example.com",
  "http.scheme": "https",
  "http.target": target,
  "http.status_code": status,
});

export const PHP_RUBY_RUST_ELIXIR: readonly TraceExample[] = [
  {
    sender: "Hyperf, through Zipkin",
    spans: [
      server("request: GET /user/7", {
        "request.method": "GET",
        "request.path": "/user/7",
        "request.uri": "http://127.0.0.1:9501/user/7",
        "response.status_code": "401",
      }),
    ],
    requests: ["GET /user/{} unauthenticated"],
  },
  {
    sender: "Laravel",
    spans: [
      server("GET /api/users/{user}", {
        ...http("GET", "/api/users/5", 401),
        "http.route": "api/users/{user}",
        "client.address": "203.0.113.9",
      }),
      internal("Illuminate\\Foundation\\Http\\Kernel::handle", {
        "http.request.method": "GET",
        "http.response.status_code": 401,
      }),
    ],
    requests: ["GET /api/users/{} unauthenticated"],
    client: "203.0.113.9",
  },
  {
    sender: "Laravel: a route of one word, and an expired form",
    spans: [server("POST /login", { ...http("POST", "/login", 419), "http.route": "login" })],
    requests: ["POST /login client_error"],
  },
  {
    sender: "Symfony: the name of a route",
    spans: [server("GET app_profile", { ...http("GET", "/profile", 401), "http.route": "app_profile" })],
    requests: ["GET /profile unauthenticated"],
  },
  {
    sender: "API Platform: a name that looks like a route",
    spans: [
      server("GET _api_/users/{id}{._format}_get", {
        ...http("GET", "/api/users/5", 401),
        "http.route": "_api_/users/{id}{._format}_get",
      }),
    ],
    requests: ["GET /api/users/{} unauthenticated"],
  },
  {
    sender: "Slim",
    spans: [server("GET /books/{id:[0-9]+}", { ...http("GET", "/books/5", 401), "http.route": "/books/{id:[0-9]+}" })],
    requests: ["GET /books/{} unauthenticated"],
  },
  {
    sender: "CodeIgniter: a controller",
    spans: [server("GET", { ...http("GET", "/books/5", 401), "http.route": "\\App\\Controllers\\Books::show" })],
    requests: ["GET /books/{} unauthenticated"],
  },
  {
    sender: "Rails",
    spans: [
      server("GET /posts/:id", {
        ...rack("GET", "/posts/3", 401),
        "http.route": "/posts/:id(.:format)",
        "code.function": "show",
      }),
      internal("PostsController#show"),
    ],
    requests: ["GET /posts/{} unauthenticated"],
  },
  {
    sender: "Rails, refused by Devise before its controller",
    spans: [server("GET", rack("GET", "/posts/3", 401))],
    requests: ["GET /posts/{} unauthenticated"],
  },
  {
    sender: "Sinatra",
    spans: [server("GET /users/:id", { ...rack("GET", "/users/3", 401), "http.route": "/users/:id" })],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "bare Rack, headers captured as plain text",
    spans: [server("HTTP GET", { ...rack("GET", "/me", 401), "http.request.header.x_forwarded_for": "203.0.113.9" })],
    requests: ["GET /me unauthenticated"],
    client: "203.0.113.9",
  },
  {
    sender: "Phoenix",
    spans: [
      server("GET /users/:id", {
        ...http("GET", "/users/5", 401),
        "http.route": "/users/:id",
        "client.address": "203.0.113.9",
      }),
      internal("MyAppWeb.UserLive.mount"),
    ],
    requests: ["GET /users/{} unauthenticated"],
    client: "203.0.113.9",
  },
  {
    sender: "actix-web",
    spans: [
      server(
        "GET /users/{id}",
        {
          "http.method": "GET",
          "http.route": "/users/{id}",
          "http.target": "/users/5",
          "http.status_code": 401,
          "http.client_ip": "203.0.113.9",
        },
        { statusCode: "OK" },
      ),
    ],
    requests: ["GET /users/{} unauthenticated"],
    client: "203.0.113.9",
  },
  {
    sender: "actix-web, unmatched",
    spans: [
      server("GET default", {
        "http.method": "GET",
        "http.route": "default",
        "http.target": "/.env",
        "http.status_code": 404,
      }),
    ],
    requests: ["GET /.env client_error"],
  },
  {
    sender: "axum by way of tower",
    spans: [server("GET /users/{id}", { ...http("GET", "/users/5", 401), "http.route": "/users/{id}" })],
    requests: ["GET /users/{} unauthenticated"],
  },
];
