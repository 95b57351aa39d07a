import type { TraceExample } from "./trace-example.ts";
import { internal, server } from "./trace-example.ts";

const CART = { "rpc.service": "shop.v1.Cart", "rpc.method": "AddItem" };
const CALL = "shop.v1.Cart/AddItem";

export const RPC: readonly TraceExample[] = [
  {
    sender: "gRPC, stable conventions",
    spans: [
      server(CALL, {
        "rpc.system.name": "grpc",
        "rpc.method": CALL,
        "rpc.response.status_code": "UNAUTHENTICATED",
        "network.peer.address": "203.0.113.9",
      }),
    ],
    requests: [`${CALL} unauthenticated`],
    client: "203.0.113.9",
  },
  {
    sender: "gRPC in Go, in its years of PascalCase",
    spans: [
      server(CALL, { "rpc.system": "grpc", "rpc.method": `/${CALL}`, "rpc.response.status_code": "PermissionDenied" }),
    ],
    requests: [`${CALL} forbidden`],
  },
  {
    sender: "gRPC in Java, legacy",
    spans: [
      server(CALL, {
        "rpc.system": "grpc",
        ...CART,
        "rpc.grpc.status_code": 16,
        "network.peer.address": "203.0.113.9",
      }),
    ],
    requests: [`${CALL} unauthenticated`],
    client: "203.0.113.9",
  },
  {
    sender: "gRPC in Python: OK is written at the start and stays",
    spans: [server(`/${CALL}`, { "rpc.system": "grpc", ...CART, "rpc.grpc.status_code": 0 }, { statusCode: "ERROR" })],
    requests: [`${CALL} server_error`],
  },
  {
    sender: "gRPC in Node",
    spans: [server(`grpc.${CALL}`, { "rpc.system": "grpc", ...CART, "rpc.grpc.status_code": 7 })],
    requests: [`${CALL} forbidden`],
  },
  {
    sender: "gRPC whose HTTP status is good and whose own is not",
    spans: [
      server(CALL, { "rpc.system": "grpc", ...CART, "rpc.grpc.status_code": "16", "http.response.status_code": 200 }),
      internal("authenticate"),
    ],
    requests: [`${CALL} unauthenticated`],
  },
  {
    sender: "Connect",
    spans: [server(CALL, { "rpc.system": "connect_rpc", ...CART, "rpc.connect_rpc.error_code": "unauthenticated" })],
    requests: [`${CALL} unauthenticated`],
  },
  {
    sender: "Twirp with attributes for calls",
    spans: [server("AddItem", { "rpc.system": "twirp", ...CART, "http.response.status_code": 401 })],
    requests: [`${CALL} unauthenticated`],
  },
  {
    sender: "Twirp seen as HTTP",
    spans: [
      server("POST", { "http.request.method": "POST", "url.path": `/twirp/${CALL}`, "http.response.status_code": 401 }),
    ],
    requests: [`POST /twirp/${CALL} unauthenticated`],
  },
  {
    sender: "Dubbo",
    spans: [
      server("org.apache.dubbo.DemoService/sayHello", {
        "rpc.system": "apache_dubbo",
        "rpc.service": "org.apache.dubbo.DemoService",
        "rpc.method": "sayHello",
      }),
    ],
    requests: ["org.apache.dubbo.DemoService/sayHello ok"],
  },
  {
    sender: "JSON-RPC over HTTP",
    spans: [
      server("user.login", {
        "rpc.system": "jsonrpc",
        "rpc.method": "user.login",
        "rpc.jsonrpc.version": "2.0",
        "http.response.status_code": 401,
      }),
    ],
    requests: ["user.login unauthenticated"],
  },
  {
    sender: "a consumer and a producer, which are no requests",
    spans: [
      { name: "orders process", kind: "CONSUMER", attributes: { "messaging.system": "kafka" } },
      internal("handle"),
      { name: "invoices publish", kind: "PRODUCER", attributes: { "messaging.system": "kafka" } },
    ],
    requests: [],
  },
  {
    sender: "a WebDAV method",
    spans: [
      server("HTTP", {
        "http.request.method": "_OTHER",
        "http.request.method_original": "PROPFIND",
        "url.path": "/dav",
        "http.response.status_code": 401,
      }),
    ],
    requests: ["PROPFIND /dav unauthenticated"],
  },
];
