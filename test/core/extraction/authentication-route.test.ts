import assert from "node:assert/strict";
import { test } from "node:test";
import { isAuthenticationRoute } from "../../../src/core/extraction/authentication-route.ts";

test("routes on which people and programs sign in are known by the words of their last segment", () => {
  for (const route of [
    "/login",
    "/api/v1/Login",
    "/oauth/token",
    "/sessions/{}",
    "/users/log_in",
    "/api/auth/{}",
    "auth.v1.Auth/SignIn",
    "/wp-login.php",
    "/Account/LogOn.aspx",
    "/users/log_in",
    "/users/sign_in",
    "/userLogin",
    "/login2",
    "/api/v1/authn",
    "/api-token-auth",
    "/oauth/access_token",
    "/login/access-token",
    "/u/login/password",
    "auth.v1.Tokens/RefreshToken",
  ]) {
    assert.equal(isAuthenticationRoute(route), true, route);
  }
  for (const route of [
    "/",
    "/{}",
    "/orders/{}",
    "/login/help",
    "/login-history",
    "/auth-settings",
    "/auth/users",
    "/loginfo",
    "/authors",
    "/tokenize",
    "/design-in",
    "shop.Cart/Add",
    "(unknown route)",
  ]) {
    assert.equal(isAuthenticationRoute(route), false, route);
  }
});
