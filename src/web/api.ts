/**
 * Every address of the API and what it answers. Errors are JSON: `{"error": "a sentence"}`.
 *
 * Probes ask without a token; everything else needs one as soon as there is any. Without tokens the
 * server is on loopback, where web pages are the strangers to keep out: see `page-guard.ts`.
 */
import type { Context } from "hono";
import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { cursorText } from "./cursor.ts";
import { guardAgainstPages } from "./page-guard.ts";
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from "./prometheus-text.ts";
import { QueryError, readAlertQuery, readDeliveryQuery, readEndpointQuery, readExplainQuery } from "./query.ts";
import type { Readiness, Views } from "./views.ts";

export type ApiParts = {
  /** Secrets. None: no token is asked for. */
  readonly bearerTokens: readonly string[];
  readonly onFailure: (error: unknown) => void;
};

export function createApi(views: Views, { bearerTokens, onFailure }: ApiParts): Hono {
  const api = new Hono();
  api.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } }));
  api.use(async (context, next) => {
    await next();
    context.header("Cache-Control", "no-store");
  });
  api.get("/livez", (context) => context.text("ok\n"));
  api.get("/readyz", (context) => readyAnswer(context, views.ready()));
  api.use(bearerTokens.length > 0 ? tokenCheck(bearerTokens) : guardAgainstPages);
  addReadRoutes(api, views);
  api.post("/-/reload", (context) => {
    const { kind, text } = views.reloadRules();
    return context.text(`${text}\n`, kind === "refused" ? 422 : 200);
  });
  api.notFound((context) => context.json({ error: `there is nothing at ${context.req.path}` }, 404));
  api.onError((error, context) => {
    if (error instanceof QueryError) return context.json({ error: error.message }, 400);
    if (error instanceof HTTPException) return error.getResponse();
    onFailure(error);
    return context.json({ error: "this cannot be answered now; the log has the reason" }, 500);
  });
  return api;
}

function addReadRoutes(api: Hono, views: Views): void {
  api.get("/metrics", (context) => {
    return context.body(prometheusText(views.metrics()), 200, { "Content-Type": PROMETHEUS_CONTENT_TYPE });
  });
  api.get("/api/v1/endpoints", async (context) => {
    const { rows, total, next } = await views.endpoints(readEndpointQuery(context.req.query()));
    return context.json({ endpoints: rows, total, nextCursor: next === null ? null : cursorText(next) });
  });
  api.get("/api/v1/alerts", (context) => context.json({ alerts: views.alerts(readAlertQuery(context.req.query())) }));
  api.get("/api/v1/alerts/:id", (context) => {
    const alert = views.alert(context.req.param("id"));
    return alert === null ? context.json({ error: "no alert has this id" }, 404) : context.json(alert);
  });
  api.get("/api/v1/explain", async (context) => {
    const answer = await views.explain(readExplainQuery(context.req.query()));
    return answer.kind === "not_found" ? context.json({ error: answer.error }, 404) : context.json(answer);
  });
  api.get("/api/v1/rules", (context) => context.json(views.rules()));
  api.get("/api/v1/pipeline", (context) => context.json(views.pipeline()));
  api.get("/api/v1/instrumentation", (context) => context.json(views.instrumentation()));
  api.get("/api/v1/deliveries", (context) => {
    return context.json({ deliveries: views.deliveries(readDeliveryQuery(context.req.query())) });
  });
}

/** `?verbose` lists every condition, as Kubernetes' own servers do; a failed one is always told. */
function readyAnswer(context: Context, { isReady, checks }: Readiness): Response {
  const isVerbose = context.req.query("verbose") !== undefined;
  const shown = Object.entries(checks).filter(([, state]) => isVerbose || (!isReady && state !== "ok"));
  const lines = shown.map(([name, state]) => (state === "ok" ? `[+] ${name} ok` : `[-] ${name}: ${state}`));
  return context.text(`${[...lines, isReady ? "ready" : "not ready"].join("\n")}\n`, isReady ? 200 : 503);
}

/** Compares hashes in constant time. */
function tokenCheck(tokens: readonly string[]) {
  return bearerAuth({
    token: [...tokens],
    realm: "authspike",
    noAuthenticationHeader: { message: { error: "a token is needed: Authorization: Bearer …" } },
    invalidAuthenticationHeader: { message: { error: "the Authorization header is malformed" } },
    invalidToken: { message: { error: "this token is not one of ours" } },
  });
}
