import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalRoutePattern, compileGlobs } from "../../../src/core/rules/glob.ts";
import { fc } from "../../support/properties.ts";

const path = (pattern: string | readonly string[], value: string) => compileGlobs([pattern].flat(), "path")(value);
const name = (pattern: string | readonly string[], value: string) => compileGlobs([pattern].flat(), "name")(value);

test("in a path one star stays within a segment and two cover any depth", () => {
  assert.ok(path("/users/*", "/users/{}"));
  assert.ok(!path("/users/*", "/users/{}/password"));
  assert.ok(path("/users/*/password", "/users/{}/password"));
  assert.ok(path("**/login", "/login"));
  assert.ok(path("**/login", "/api/v2/login"));
  assert.ok(!path("**/login", "/api/v2/relogin"));
  assert.ok(path("/admin/**", "/admin"));
  assert.ok(path("/admin/**", "/admin/users/{}"));
  assert.ok(!path("/admin/**", "/administrator"));
  assert.ok(path("/**/session", "/session"));
  assert.ok(path("/a/**/b/**/c", "/a/x/b/y/b/z/c"));
  assert.ok(path("billing.v?.*/Get*", "billing.v1.Accounts/GetAccount"));
});

test("elsewhere a star covers anything, slashes too", () => {
  assert.ok(name("idp-*", "idp-eu/1"));
  assert.ok(name("*gateway*", "edge/gateway/1"));
  assert.ok(!name("idp-*", "my-idp-1"));
});

test("a lone star accepts everything, also nothing, and ?* asks for a value", () => {
  for (const value of ["", "a", "/a/b"]) {
    assert.ok(name("*", value));
    assert.ok(path("*", value));
    assert.equal(name("?*", value), value !== "");
  }
});

test("lists mean any, and a leading ! takes out", () => {
  assert.ok(name(["a", "b-*"], "b-1"));
  assert.ok(!name(["b-*", "!b-1"], "b-1"));
  assert.ok(name(["!a", "!b"], "c"));
  assert.ok(!name(["!a", "!b"], "b"));
});

test("letters keep their case, and braces, brackets and dots stand for themselves", () => {
  assert.ok(!name("Auth", "auth"));
  assert.ok(path("/a/{}/[x].(y)", "/a/{}/[x].(y)"));
  assert.ok(!name("a.c", "abc"));
});

test("placeholders of every framework mean the canonical one", () => {
  for (const route of ["/users/{id}/x", "/users/:id/x", "/users/<int:id>/x", "/users/[id]/x", "/users/{}/x"]) {
    assert.equal(canonicalRoutePattern(route), "/users/{}/x");
  }
  assert.equal(canonicalRoutePattern("/users/*/x"), "/users/*/x");
});

test("matching agrees with a regular expression of the same meaning", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "/"), maxLength: 8 });
  const value = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 10 });
  fc.assert(
    fc.property(text, value, (pattern, subject) => {
      const expression = pattern.replaceAll(/\*+/g, ".*").replaceAll("?", ".");
      assert.equal(name(`${pattern}`, subject), new RegExp(`^${expression}$`).test(subject));
    }),
  );
});

test("hostile values cannot make matching explode", () => {
  // A backtracking expression of this form would need longer than the universe has.
  assert.ok(!name(`${"*a".repeat(60)}b`, "a".repeat(20_000)));
});
