/**
 * Statuses that senders write as words: `Unauthorized`, `UNAUTHENTICATED`, `PermissionDenied`.
 *
 * The spelling differs by language (capitals, underscores, spaces, the name of an enumeration in
 * front), so only letters count, and those without regard to case.
 */
import { NO_GRPC_STATUS, NO_HTTP_STATUS } from "./outcome.ts";

const WORD_MAX_LENGTH = 64;

const HTTP_STATUS_BY_WORD = new Map<string, number>([
  ["ok", 200],
  ["created", 201],
  ["accepted", 202],
  ["nocontent", 204],
  ["partialcontent", 206],
  ["movedpermanently", 301],
  ["found", 302],
  ["seeother", 303],
  ["notmodified", 304],
  ["temporaryredirect", 307],
  ["permanentredirect", 308],
  ["badrequest", 400],
  ["unauthorized", 401],
  ["paymentrequired", 402],
  ["forbidden", 403],
  ["notfound", 404],
  ["methodnotallowed", 405],
  ["notacceptable", 406],
  ["proxyauthenticationrequired", 407],
  ["requesttimeout", 408],
  ["conflict", 409],
  ["gone", 410],
  ["preconditionfailed", 412],
  ["unsupportedmediatype", 415],
  ["unprocessableentity", 422],
  ["unprocessablecontent", 422],
  ["locked", 423],
  ["toomanyrequests", 429],
  ["internalservererror", 500],
  ["notimplemented", 501],
  ["badgateway", 502],
  ["serviceunavailable", 503],
  ["gatewaytimeout", 504],
]);

/** In the order of their numbers. */
const GRPC_WORDS = [
  "ok",
  "cancelled",
  "unknown",
  "invalidargument",
  "deadlineexceeded",
  "notfound",
  "alreadyexists",
  "permissiondenied",
  "resourceexhausted",
  "failedprecondition",
  "aborted",
  "outofrange",
  "unimplemented",
  "internal",
  "unavailable",
  "dataloss",
  "unauthenticated",
] as const;

const GRPC_STATUS_BY_WORD = new Map<string, number>([...GRPC_WORDS.entries()].map(([status, word]) => [word, status]));
GRPC_STATUS_BY_WORD.set("canceled", GRPC_WORDS.indexOf("cancelled"));

export function isHttpStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 100 && status <= 999;
}

export function isGrpcStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 0 && status < GRPC_WORDS.length;
}

/** `Unauthorized`, `401 Unauthorized`. NO_HTTP_STATUS for anything else. */
export function httpStatusOfWord(text: string): number {
  const leading = /^\s*([1-9]\d\d)(?!\d)/.exec(text)?.[1];
  if (leading !== undefined) return Number(leading);
  return HTTP_STATUS_BY_WORD.get(lettersOf(text)) ?? NO_HTTP_STATUS;
}

/** `UNAUTHENTICATED`, `StatusCode.UNAUTHENTICATED`, `Unauthenticated`. NO_GRPC_STATUS for anything else. */
export function grpcStatusOfWord(text: string): number {
  return GRPC_STATUS_BY_WORD.get(lettersOf(text).replace(/^statuscode/, "")) ?? NO_GRPC_STATUS;
}

function lettersOf(text: string): string {
  return text.length > WORD_MAX_LENGTH ? "" : text.toLowerCase().replaceAll(/[^a-z]/g, "");
}
