import assert from "node:assert/strict";
import { test } from "node:test";
import { causesInStack } from "../../../../src/core/extraction/causes/causes-in-stack.ts";

const JAVA = `org.springframework.web.server.ResponseStatusException: 401 UNAUTHORIZED "a bad token"
\tat shop.Routes.account(Routes.java:46)
\tat jakarta.servlet.http.HttpServlet.service(HttpServlet.java:658)
Caused by: org.springframework.security.oauth2.jwt.JwtValidationException: Jwt expired at 2026-11-25T09:18:46Z
\tat org.springframework.security.oauth2.jwt.NimbusJwtDecoder.validateJwt(NimbusJwtDecoder.java:189)
\t... 53 more
Caused by: java.lang.IllegalStateException
\t... 54 more`;

const DOTNET = `System.InvalidOperationException: Refused.
 ---> Microsoft.IdentityModel.Tokens.SecurityTokenExpiredException: IDX10223: Lifetime validation failed.
   at Microsoft.IdentityModel.Tokens.Validators.ValidateLifetime()
   --- End of inner exception stack trace ---`;

test("the causes that Java writes beneath an exception, without its frames", () => {
  assert.deepEqual(causesInStack(JAVA), [
    {
      type: "org.springframework.security.oauth2.jwt.JwtValidationException",
      message: "Jwt expired at 2026-11-25T09:18:46Z",
    },
    { type: "java.lang.IllegalStateException", message: "" },
  ]);
});

test("the inner exceptions that .NET writes", () => {
  assert.deepEqual(causesInStack(DOTNET), [
    {
      type: "Microsoft.IdentityModel.Tokens.SecurityTokenExpiredException",
      message: "IDX10223: Lifetime validation failed.",
    },
  ]);
});

test("a stack without causes, and one with more than anybody needs", () => {
  assert.deepEqual(causesInStack("Error: jwt expired\n    at verify (verify.js:1:1)"), []);
  assert.equal(causesInStack("Caused by: a.B: c\n".repeat(100)).length, 4);
});
