/**
 * Which attributes a scan has to pick up, and the slot each of them lands in.
 *
 * Senders of ten years and many languages say the same thing under different keys. Where several keys
 * mean one thing they form a list in order of trust: the first that is present wins. Keys that the
 * conventions never had (Envoy, Micrometer, Next.js) are written out here and nowhere else.
 */
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_DEPLOYMENT_ENVIRONMENT,
  ATTR_DEPLOYMENT_ENVIRONMENT_NAME,
  ATTR_ENDUSER_ID,
  ATTR_ENDUSER_PSEUDO_ID,
  ATTR_HTTP_CLIENT_IP,
  ATTR_HTTP_METHOD,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_HTTP_STATUS_CODE,
  ATTR_HTTP_TARGET,
  ATTR_HTTP_URL,
  ATTR_HTTP_USER_AGENT,
  ATTR_NET_PEER_IP,
  ATTR_NET_PEER_NAME,
  ATTR_NET_PEER_PORT,
  ATTR_NET_SOCK_PEER_ADDR,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_PEER_SERVICE,
  ATTR_RPC_CONNECT_RPC_ERROR_CODE,
  ATTR_RPC_GRPC_STATUS_CODE,
  ATTR_RPC_METHOD,
  ATTR_RPC_RESPONSE_STATUS_CODE,
  ATTR_RPC_SERVICE,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM,
  ATTR_RPC_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_NAMESPACE,
  ATTR_SERVICE_PEER_NAME,
  ATTR_SERVICE_VERSION,
  ATTR_SESSION_ID,
  ATTR_TELEMETRY_DISTRO_NAME,
  ATTR_TELEMETRY_SDK_LANGUAGE,
  ATTR_TELEMETRY_SDK_NAME,
  ATTR_TELEMETRY_SDK_VERSION,
  ATTR_URL_FULL,
  ATTR_URL_PATH,
  ATTR_URL_TEMPLATE,
  ATTR_USER_AGENT_ORIGINAL,
  ATTR_USER_EMAIL,
  ATTR_USER_HASH,
  ATTR_USER_ID,
  ATTR_USER_NAME,
  ATTR_WEBENGINE_NAME,
} from "@opentelemetry/semantic-conventions/incubating";

/** What we add to a span; its presence tells that another authspike stands before us. */
export const ATTR_AUTHSPIKE_ENDPOINT = "authspike.endpoint";

const spanKeys: string[] = [];
const resourceKeys: string[] = [];
const spanSlot = (key: string) => spanKeys.push(key) - 1;
const resourceSlot = (key: string) => resourceKeys.push(key) - 1;

export const SPAN_SLOT = {
  httpRequestMethod: spanSlot(ATTR_HTTP_REQUEST_METHOD),
  httpRequestMethodOriginal: spanSlot(ATTR_HTTP_REQUEST_METHOD_ORIGINAL),
  httpMethod: spanSlot(ATTR_HTTP_METHOD),
  httpResponseStatusCode: spanSlot(ATTR_HTTP_RESPONSE_STATUS_CODE),
  httpStatusCode: spanSlot(ATTR_HTTP_STATUS_CODE),
  /** With `http.path` from much that writes its spans by hand, and from agentgateway. */
  httpStatus: spanSlot("http.status"),
  /** Hyperf, in PHP. */
  requestMethod: spanSlot("request.method"),
  requestPath: spanSlot("request.path"),
  responseStatusCode: spanSlot("response.status_code"),
  httpRoute: spanSlot(ATTR_HTTP_ROUTE),
  nextRoute: spanSlot("next.route"),
  /** True on the outer span of a Next.js request that an inner span reports better. */
  nextBubble: spanSlot("next.bubble"),
  urlPath: spanSlot(ATTR_URL_PATH),
  httpTarget: spanSlot(ATTR_HTTP_TARGET),
  httpPath: spanSlot("http.path"),
  urlFull: spanSlot(ATTR_URL_FULL),
  httpUrl: spanSlot(ATTR_HTTP_URL),
  /** For calls only. */
  urlTemplate: spanSlot(ATTR_URL_TEMPLATE),
  servicePeerName: spanSlot(ATTR_SERVICE_PEER_NAME),
  peerService: spanSlot(ATTR_PEER_SERVICE),
  serverAddress: spanSlot(ATTR_SERVER_ADDRESS),
  serverPort: spanSlot(ATTR_SERVER_PORT),
  netPeerName: spanSlot(ATTR_NET_PEER_NAME),
  netPeerPort: spanSlot(ATTR_NET_PEER_PORT),
  micrometerMethod: spanSlot("method"),
  micrometerStatus: spanSlot("status"),
  micrometerUri: spanSlot("uri"),
  rpcSystemName: spanSlot(ATTR_RPC_SYSTEM_NAME),
  rpcSystem: spanSlot(ATTR_RPC_SYSTEM),
  rpcService: spanSlot(ATTR_RPC_SERVICE),
  rpcMethod: spanSlot(ATTR_RPC_METHOD),
  /** ASP.NET Core: the whole name, with a leading slash. */
  grpcMethod: spanSlot("grpc.method"),
  rpcStatusCode: spanSlot(ATTR_RPC_STATUS_CODE),
  rpcResponseStatusCode: spanSlot(ATTR_RPC_RESPONSE_STATUS_CODE),
  rpcGrpcStatusCode: spanSlot(ATTR_RPC_GRPC_STATUS_CODE),
  grpcStatusCode: spanSlot("grpc.status_code"),
  connectErrorCode: spanSlot(ATTR_RPC_CONNECT_RPC_ERROR_CODE),
  clientAddress: spanSlot(ATTR_CLIENT_ADDRESS),
  httpClientIp: spanSlot(ATTR_HTTP_CLIENT_IP),
  forwardedFor: spanSlot("http.request.header.x-forwarded-for"),
  forwardedForUnderscored: spanSlot("http.request.header.x_forwarded_for"),
  forwarded: spanSlot("http.request.header.forwarded"),
  networkPeerAddress: spanSlot(ATTR_NETWORK_PEER_ADDRESS),
  netSockPeerAddr: spanSlot(ATTR_NET_SOCK_PEER_ADDR),
  netPeerIp: spanSlot(ATTR_NET_PEER_IP),
  peerAddress: spanSlot("peer.address"),
  clientSocketAddress: spanSlot("client.socket.address"),
  srcAddr: spanSlot("src.addr"),
  userAgentOriginal: spanSlot(ATTR_USER_AGENT_ORIGINAL),
  httpUserAgent: spanSlot(ATTR_HTTP_USER_AGENT),
  userAgent: spanSlot("user_agent"),
  userHash: spanSlot(ATTR_USER_HASH),
  userId: spanSlot(ATTR_USER_ID),
  enduserPseudoId: spanSlot(ATTR_ENDUSER_PSEUDO_ID),
  enduserId: spanSlot(ATTR_ENDUSER_ID),
  userName: spanSlot(ATTR_USER_NAME),
  userEmail: spanSlot(ATTR_USER_EMAIL),
  sessionId: spanSlot(ATTR_SESSION_ID),
  /** Never read here: that it is captured at all tells something. */
  authorization: spanSlot("http.request.header.authorization"),
  /** Envoy says `proxy` here, and which proxy it is. */
  component: spanSlot("component"),
  nodeId: spanSlot("node_id"),
  authspikeEndpoint: spanSlot(ATTR_AUTHSPIKE_ENDPOINT),
  /** That a challenge is captured; what it says is read with the other signs of a refusal. */
  challenge: spanSlot("http.response.header.www-authenticate"),
  challengeUnderscored: spanSlot("http.response.header.www_authenticate"),
  /** The ratio of a sampler, as Jaeger, Datadog and Honeycomb write it. */
  jaegerSamplerParam: spanSlot("sampler.param"),
  datadogRatio: spanSlot("_dd.rule_psr"),
  /** What Datadog calls a span by; its name says but what kind of work it is. */
  datadogResource: spanSlot("dd.span.Resource"),
  honeycombRate: spanSlot("SampleRate"),
} as const;

export const RESOURCE_SLOT = {
  serviceName: resourceSlot(ATTR_SERVICE_NAME),
  serviceNamespace: resourceSlot(ATTR_SERVICE_NAMESPACE),
  serviceVersion: resourceSlot(ATTR_SERVICE_VERSION),
  serviceInstanceId: resourceSlot(ATTR_SERVICE_INSTANCE_ID),
  deploymentEnvironmentName: resourceSlot(ATTR_DEPLOYMENT_ENVIRONMENT_NAME),
  deploymentEnvironment: resourceSlot(ATTR_DEPLOYMENT_ENVIRONMENT),
  sdkLanguage: resourceSlot(ATTR_TELEMETRY_SDK_LANGUAGE),
  sdkName: resourceSlot(ATTR_TELEMETRY_SDK_NAME),
  sdkVersion: resourceSlot(ATTR_TELEMETRY_SDK_VERSION),
  distroName: resourceSlot(ATTR_TELEMETRY_DISTRO_NAME),
  webEngineName: resourceSlot(ATTR_WEBENGINE_NAME),
} as const;

export const HTTP_STATUS_SLOTS = [
  SPAN_SLOT.httpResponseStatusCode,
  SPAN_SLOT.httpStatusCode,
  SPAN_SLOT.httpStatus,
  SPAN_SLOT.responseStatusCode,
] as const;

export const GRPC_STATUS_SLOTS = [
  SPAN_SLOT.rpcStatusCode,
  SPAN_SLOT.rpcResponseStatusCode,
  SPAN_SLOT.rpcGrpcStatusCode,
  SPAN_SLOT.grpcStatusCode,
  SPAN_SLOT.connectErrorCode,
] as const;

export const PATH_SLOTS = [
  SPAN_SLOT.urlPath,
  SPAN_SLOT.httpTarget,
  SPAN_SLOT.httpPath,
  SPAN_SLOT.urlFull,
  SPAN_SLOT.httpUrl,
  SPAN_SLOT.requestPath,
] as const;

export const ROUTE_SLOTS = [SPAN_SLOT.httpRoute, SPAN_SLOT.nextRoute, SPAN_SLOT.micrometerUri] as const;

export const METHOD_SLOTS = [
  SPAN_SLOT.httpRequestMethod,
  SPAN_SLOT.httpMethod,
  SPAN_SLOT.micrometerMethod,
  SPAN_SLOT.requestMethod,
] as const;

export const USER_AGENT_SLOTS = [SPAN_SLOT.userAgentOriginal, SPAN_SLOT.httpUserAgent, SPAN_SLOT.userAgent] as const;

export const CHALLENGE_SLOTS = [SPAN_SLOT.challenge, SPAN_SLOT.challengeUnderscored] as const;

/** The client as whoever instrumented the service resolved it. */
export const CLIENT_NAME_SLOTS = [SPAN_SLOT.clientAddress, SPAN_SLOT.httpClientIp] as const;

/** Lists of hops, as proxies wrote them. */
export const FORWARDED_SLOTS = [SPAN_SLOT.forwardedFor, SPAN_SLOT.forwardedForUnderscored] as const;

/** The other end of the connection. */
export const PEER_SLOTS = [
  SPAN_SLOT.networkPeerAddress,
  SPAN_SLOT.netSockPeerAddr,
  SPAN_SLOT.netPeerIp,
  SPAN_SLOT.peerAddress,
  SPAN_SLOT.clientSocketAddress,
  SPAN_SLOT.srcAddr,
] as const;

/** Who signs in, or is signed in. */
export const USER_SLOTS = [
  SPAN_SLOT.userHash,
  SPAN_SLOT.userId,
  SPAN_SLOT.enduserPseudoId,
  SPAN_SLOT.enduserId,
  SPAN_SLOT.userName,
  SPAN_SLOT.userEmail,
] as const;

/** The same as keys, for what brings its attributes by name. */
export const USER_KEYS: readonly string[] = USER_SLOTS.map((slot) => spanKeys[slot] ?? "");

const CLIENT_SLOTS = [...CLIENT_NAME_SLOTS, ...FORWARDED_SLOTS, ...PEER_SLOTS];

/** Older names that answer when a rule asks for the first of each list. */
export const SPAN_KEY_ALIASES: ReadonlyArray<readonly number[]> = [
  [SPAN_SLOT.httpRequestMethod, SPAN_SLOT.httpMethod],
  [SPAN_SLOT.httpRoute, SPAN_SLOT.nextRoute],
  USER_AGENT_SLOTS,
  [SPAN_SLOT.rpcSystemName, SPAN_SLOT.rpcSystem],
  [SPAN_SLOT.networkPeerAddress, SPAN_SLOT.netSockPeerAddr, SPAN_SLOT.netPeerIp, SPAN_SLOT.peerAddress],
  HTTP_STATUS_SLOTS,
  GRPC_STATUS_SLOTS,
  CLIENT_SLOTS,
];

export const RESOURCE_KEY_ALIASES: ReadonlyArray<readonly number[]> = [
  [RESOURCE_SLOT.deploymentEnvironmentName, RESOURCE_SLOT.deploymentEnvironment],
];

export type ExtractionKeys = { readonly span: readonly string[]; readonly resource: readonly string[] };

/**
 * The key lists to make a scanner with. Rules may match on any attribute: the keys they name come
 * after our own, in both lists, because a rule does not say where the sender puts them.
 */
export function extractionKeys(extraAttributeKeys: readonly string[]): ExtractionKeys {
  return {
    span: [...new Set([...spanKeys, ...extraAttributeKeys])],
    resource: [...new Set([...resourceKeys, ...extraAttributeKeys])],
  };
}
