/**
 * Keeps web pages out of an API on loopback that asks for no token.
 *
 * A page in the user's browser can send requests to localhost. It cannot read answers of another
 * origin, unless it makes its own name resolve to 127.0.0.1: then the browser sends that name as
 * `Host`. And it can always cause effects, but then says `Origin`.
 */
import type { MiddlewareHandler } from "hono";

const OUR_NAMES = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

export const guardAgainstPages: MiddlewareHandler = async (context, next) => {
  const host = context.req.header("host") ?? "";
  const origin = context.req.header("origin");
  if (!OUR_NAMES.test(host)) return context.json({ error: "without a token this answers to localhost only" }, 403);
  if (origin !== undefined && origin !== `http://${host}`) {
    return context.json({ error: "pages of other origins may not ask" }, 403);
  }
  return next();
};
