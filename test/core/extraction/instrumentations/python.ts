import type { TraceExample } from "./trace-example.ts";
import { internal, server } from "./trace-example.ts";

/** WSGI and ASGI, which write legacy names unless told otherwise. */
const wsgi = (method: string, target: string, status: number) => ({
  "http.method": method,
  "http.server_name": "127.0.0.1",
  "http.scheme": "http",
  "net.host.name": "api.example.com",
  "http.host": "api.example.com",
  "net.host.port": 80,
  "http.target": target,
  "net.peer.ip": "203.0.113.9",
  "http.user_agent": "python-requests/2.32",
  "http.flavor": "1.1",
  "http.status_code": status,
});

const asgi = (method: string, path: string, status: number) => ({
  "http.scheme": "http",
  "http.host": "10.0.0.4:8000",
  "net.host.port": 8000,
  "http.flavor": "1.1",
  "http.target": path,
  "http.url": `http://10.0.0.4:8000${path}`,
  "http.method": method,
  "http.server_name": "api.example.com",
  "http.user_agent": "curl/8",
  "net.peer.ip": "203.0.113.9",
  "net.peer.port": 50312,
  "http.status_code": status,
});

const CLIENT = "203.0.113.9";

export const PYTHON: readonly TraceExample[] = [
  {
    sender: "Flask",
    spans: [
      server("GET /users/<int:user_id>", {
        ...wsgi("GET", "/users/12?full=1", 401),
        "http.route": "/users/<int:user_id>",
      }),
    ],
    requests: ["GET /users/{} unauthenticated"],
    client: CLIENT,
  },
  {
    sender: "Flask under a prefix of the WSGI server",
    spans: [server("GET /users/<id>", { ...wsgi("GET", "/shop/users/12", 200), "http.route": "/users/<id>" })],
    requests: ["GET /shop/users/{} ok"],
  },
  {
    sender: "FastAPI, with spans for what is received and sent",
    spans: [
      server("POST /token", { ...asgi("POST", "/token", 401), "http.route": "/token" }),
      internal("POST /token http receive", { "asgi.event.type": "http.request" }),
      internal(
        "POST /token http send",
        { "asgi.event.type": "http.response.start", "http.status_code": 401 },
        { under: 0 },
      ),
      internal("POST /token http send", { "asgi.event.type": "http.response.body" }, { under: 0 }),
    ],
    requests: ["POST /token unauthenticated"],
    client: CLIENT,
  },
  {
    sender: "FastAPI, where a bearer token is missing, before it answered 401",
    spans: [server("GET /items/{item_id}", { ...asgi("GET", "/items/5", 403), "http.route": "/items/{item_id}" })],
    requests: ["GET /items/{} forbidden"],
  },
  {
    sender: "an application mounted in FastAPI",
    spans: [
      server("GET /items/{item_id}", { ...asgi("GET", "/api/v1/items/5", 200), "http.route": "/items/{item_id}" }),
    ],
    requests: ["GET /api/v1/items/{} ok"],
  },
  {
    sender: "Starlette, stable names",
    spans: [
      server("GET /me", {
        "url.scheme": "https",
        "server.address": "api.example.com",
        "url.path": "/me",
        "http.request.method": "GET",
        "client.address": CLIENT,
        "http.response.status_code": 401,
        "http.route": "/me",
      }),
    ],
    requests: ["GET /me unauthenticated"],
    client: CLIENT,
  },
  {
    sender: "Django",
    spans: [
      server("GET api/users/<int:pk>/", { ...wsgi("GET", "/api/users/5/", 200), "http.route": "api/users/<int:pk>/" }),
    ],
    requests: ["GET /api/users/{} ok"],
    client: CLIENT,
  },
  {
    sender: "Django REST framework: regular expressions",
    spans: [
      server("GET ^api/v1/users/(?P<pk>[^/.]+)/$", {
        ...wsgi("GET", "/api/v1/users/ann/", 401),
        "http.route": "^api/v1/users/(?P<pk>[^/.]+)/$",
      }),
    ],
    requests: ["GET /api/v1/users/{} unauthenticated"],
  },
  {
    sender: "Django, refused by a middleware: the route is in the name alone",
    spans: [server("GET ^users/(?P<pk>[^/.]+)/$", wsgi("GET", "/users/ann/", 401))],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "aiohttp",
    spans: [
      server(
        "GET /tickets/{id}",
        { ...asgi("GET", "/tickets/7", 401), "http.route": "/tickets/{id}" },
        { statusCode: "ERROR" },
      ),
    ],
    requests: ["GET /tickets/{} unauthenticated"],
  },
  {
    sender: "Tornado: a handler's name",
    spans: [server("MainHandler.get", wsgi("GET", "/reports/2024", 401)), internal("sub-task")],
    requests: ["GET /reports/{} unauthenticated"],
  },
  {
    sender: "Pyramid",
    spans: [server("/users/{user}", { ...wsgi("GET", "/users/ann", 200), "http.route": "/users/{user}" })],
    requests: ["GET /users/{} ok"],
  },
  {
    sender: "Falcon",
    spans: [server("HTTP POST", { ...wsgi("POST", "/login", 401), "falcon.resource": "LoginResource" })],
    requests: ["POST /login unauthenticated"],
  },
];
