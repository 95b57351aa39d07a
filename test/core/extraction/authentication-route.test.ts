import assert from "node:assert/strict";
import { test } from "node:test";
import { isAuthenticationRoute } from "../../../src/core/extraction/authentication-route.ts";

test("routes on which people and programs sign in are known by their last word", () => {
  for (const route of [
    "/login",
    "/api/v1/Login",
    "/oauth/token",
    "/sessions/{}",
    "/api/auth/{}",
    "auth.v1.Auth/SignIn",
  ]) {
    assert.equal(isAuthenticationRoute(route), true, route);
  }
  for (const route of ["/", "/{}", "/orders/{}", "/login/help", "shop.Cart/Add", "(unknown route)"]) {
    assert.equal(isAuthenticationRoute(route), false, route);
  }
});
