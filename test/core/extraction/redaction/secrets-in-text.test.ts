import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_RULES } from "../../../../src/core/extraction/redaction/secrets-in-text.ts";
import { fc } from "../../../support/properties.ts";
import { redactText } from "./redact-text.ts";

const JWT =
  "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm5hIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwMDM2MDB9.c2lnbmF0dXJl";
const JWT_MARKER = "[redacted:jwt,alg=RS256,iat=1700000000,exp=1700003600]";

const redacted: ReadonlyArray<readonly [text: string, expected: string]> = [
  // Tokens by their form.
  [`token ${JWT} rejected`, `token ${JWT_MARKER} rejected`],
  [`/reset/${JWT}`, `/reset/${JWT_MARKER}`],
  [`token=${JWT}`, `token=${JWT_MARKER}`],
  ["cut: eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ", "cut: [redacted:jwt,alg=RS256]"],
  ["key AKIAIOSFODNN7EXAMPLE", "key [redacted:api_key]"],
  ["ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[redacted:token]"],
  ["with github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwx:", "with [redacted:token]:"],
  ["(xoxb-123456789012-abcdefGHI)", "([redacted:token])"],
  ["sk_live_abcdefghij0123456789", "[redacted:api_key]"],
  [
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----[redacted:private_key]-----END RSA PRIVATE KEY-----",
  ],
  ["cut -----BEGIN PRIVATE KEY-----\nMIIE", "cut -----BEGIN PRIVATE KEY-----[redacted:private_key]"],
  // Schemes.
  [`Authorization: Bearer ${JWT}`, `Authorization: Bearer ${JWT_MARKER}`],
  ["Bearer abcdef1234567890", "Bearer [redacted:bearer]"],
  ["Basic dXNlcjpwYXNz is wrong", "Basic [redacted:basic] is wrong"],
  ["curl -H 'Authorization: Bearer abcdef123456' x", "curl -H 'Authorization: Bearer [redacted:bearer]' x"],
  ['Authorization: Digest username="anna", response="abc"', "Authorization: Digest [redacted:credential]"],
  ["Bearer%20abcdef1234567890&x=1", "Bearer%20[redacted:bearer]&x=1"],
  // Addresses.
  ["https://anna:hunter2@db.example.com/x", "https://anna:[redacted:password]@db.example.com/x"],
  ["postgres://app:p%40ss@db:5432/x?sslmode=on", "postgres://app:[redacted:password]@db:5432/x?sslmode=on"],
  ["https://abcdef0123456789abcd@host/x", "https://[redacted:token]@host/x"],
  ["https://x/cb?code=4f9a8b7c6d5e&state=xyz", "https://x/cb?code=[redacted:code]&state=xyz"],
  ["https://x/y?X-Amz-Signature=abcdef0123456789&z=2", "https://x/y?X-Amz-Signature=[redacted:signature]&z=2"],
  ["to=https%3A%2F%2Fx%3Ftoken%3Dabc123%26x%3D1", "to=https%3A%2F%2Fx%3Ftoken%3D[redacted:token]%26x%3D1"],
  [
    "/cas?service=https%3a%2f%2fx%2fcb%3fcode%3d4f9a8b7c6d5e4f3a%26state%3d1",
    "/cas?service=https%3a%2f%2fx%2fcb%3fcode%3d[redacted:code]%26state%3d1",
  ],
  [
    "next=%2Fdoc%3Fx%3D1%26Signature%3DZm9vYmFyYmF6cXV4cXV1eA%26y%3D2",
    "next=%2Fdoc%3Fx%3D1%26Signature%3D[redacted:signature]%26y%3D2",
  ],
  ["/app;jsessionid=ABCDEF123?x=1", "/app;jsessionid=[redacted:session]?x=1"],
  // Forms and fields.
  ["grant_type=password&password=s3c;r3t&scope=x", "grant_type=password&password=[redacted:password]&scope=x"],
  ["access_token=abc&token_type=bearer", "access_token=[redacted:token]&token_type=bearer"],
  ["user[password]=hunter2&x=1", "user[password]=[redacted:password]&x=1"],
  ['{"user":"anna","password":"hun\\"ter2","x":1}', '{"user":"anna","password":"[redacted:password]","x":1}'],
  ['{\\"password\\":\\"hunter2\\",\\"x\\":1}', '{\\"password\\":\\"[redacted:password]\\",\\"x\\":1}'],
  ["%7B%22password%22%3A%22hunter2%22%7D", "%7B%22password%22%3A%22[redacted:password]%22%7D"],
  ["{'password': u'hunter2'}", "{'password': u'[redacted:password]'}"],
  ['{:password=>"hunter2"}', '{:password=>"[redacted:password]"}'],
  ["Login[password=hunter2, user=anna]", "Login[password=[redacted:password], user=anna]"],
  ["{User:anna Password:hunter2}", "{User:anna Password:[redacted:password]}"],
  ["<password>hunter2</password>", "<password>[redacted:password]</password>"],
  ["Server=db;Password=p@ss,w0rd;Encrypt=true", "Server=db;Password=[redacted:password];Encrypt=true"],
  ["X-Api-Key: 4f9a8b7c6d5e4f3a", "X-Api-Key: [redacted:api_key]"],
  ["Cookie: sid=abc123; theme=dark\nHost: x", "Cookie: sid=[redacted:cookie]; theme=[redacted:cookie]\nHost: x"],
  ["refreshToken: abcd1234efgh", "refreshToken: [redacted:token]"],
  ["login failed, password: hunter2", "login failed, password: [redacted:password]"],
  ["invalid token: Bearer abcdef1234567890", "invalid token: Bearer [redacted:bearer]"],
  // Statements and command lines.
  ["SELECT 1 FROM u WHERE password = 'hunter2'", "SELECT 1 FROM u WHERE password = '[redacted:password]'"],
  ["ALTER USER anna WITH PASSWORD 'hunter2'", "ALTER USER anna WITH PASSWORD '[redacted:password]'"],
  ["mysql --password hunter2 shop", "mysql --password [redacted:password] shop"],
  ["java -Ddb.password=hunter2 -jar x", "java -Ddb.password=[redacted:password] -jar x"],
  ["DB_PASSWORD=hunter2", "DB_PASSWORD=[redacted:password]"],
  [
    "INSERT INTO users (name, password, api_token) VALUES ('anna', 'hun''ter2', 'abc'), ('bob', '', $1)",
    "INSERT INTO users (name, password, api_token) VALUES ('anna', '[redacted:password]', '[redacted:token]'), ('bob', '', $1)",
  ],
  ["insert into t(password) values (sha1('x'), 'hunter2", "insert into t(password) values (sha1('x'), 'hunter2"],
  ["insert into t (id, pwd) values (7, 'hunter2", "insert into t (id, pwd) values (7, '[redacted:password]"],
  ["ALTER USER 'anna' IDENTIFIED BY 'hunter2';", "ALTER USER 'anna' IDENTIFIED BY '[redacted:password]';"],
  ['create user anna identified by "hunter2"', 'create user anna identified by "[redacted:password]"'],
  ["CREATE USER scott IDENTIFIED BY tiger2 QUOTA 1", "CREATE USER scott IDENTIFIED BY [redacted:password] QUOTA 1"],
  ["CREATE USER a IDENTIFIED WITH sha2 BY 'hunter2'", "CREATE USER a IDENTIFIED WITH sha2 BY '[redacted:password]'"],
  ["jdbc:oracle:thin:scott/tiger2@//db:1521/x", "jdbc:oracle:thin:scott/[redacted:password]@//db:1521/x"],
  ["AUTH hunter2", "AUTH [redacted:password]"],
  ["HELLO 3 AUTH default hunter2", "HELLO 3 AUTH default [redacted:password]"],
  ["curl -s -u anna:hunter2 https://x/", "curl -s -u anna:[redacted:password] https://x/"],
  ["curl --user 'anna:hunter2' https://x/", "curl --user 'anna:[redacted:password]' https://x/"],
  // Fields with everyday names.
  ['{"user":"anna","pass":"hunter2"}', '{"user":"anna","pass":"[redacted:password]"}'],
  ["{'otp': '493817'}", "{'otp': '[redacted:code]'}"],
  ['{\\"pass\\": \\"hunter2\\"}', '{\\"pass\\": \\"[redacted:password]\\"}'],
  ["<wsse:Password>hunter2</wsse:Password>", "<wsse:Password>[redacted:password]</wsse:Password>"],
  [
    '<Password Type="#PasswordText">hunter2</Password>',
    '<Password Type="#PasswordText">[redacted:password]</Password>',
  ],
  ["npm_abcdefghijklmnopqrstuvwxyz0123456789", "[redacted:token]"],
  ["dckr_pat_AbCdEfGhIjKlMnOpQrStUvWx", "[redacted:token]"],
  // Lists, paths, prose.
  ["['authorization', 'Bearer abcdef']", "['authorization', 'Bearer [redacted:bearer]']"],
  ['["X-Api-Key","4f9a8b7c6d5e4f3a"]', '["X-Api-Key","[redacted:api_key]"]'],
  ["/reset-password/4f9a8b7c6d5e4f3a2b1c/new", "/reset-password/[redacted:token]/new"],
  ["unknown token 4f9a8b7c6d5e4f3a was sent", "unknown token [redacted:token] was sent"],
  ["Invalid API key: 4f9a8b7c6d5e", "Invalid API key: [redacted:api_key]"],
  // Around characters of more than one byte.
  ["Grüße à password=pâté-1 naïve", "Grüße à password=[redacted:password] naïve"],
];

test("a secret is replaced wherever texts have them, and nothing around it", () => {
  for (const [text, expected] of redacted) assert.equal(redactText(text), expected);
});

test("what an operator's settings leave alone stays, wherever its name stands", () => {
  const rules = { ...DEFAULT_RULES, ignoredKeys: ["pass", "token", "code"] };
  const texts = [
    '{"pass":"hunter2"}',
    '{"token":"hunter2"}',
    "/x?token=abcdef&code=4/0Ab",
    "token=abcdef",
    "/token/x9k2m4q8",
  ];
  for (const text of texts) assert.equal(redactText(text, rules), text);
  assert.equal(redactText("/x?code=1&password=abc", rules), "/x?code=1&password=[redacted:password]");
});

const untouched = [
  "/password-reset",
  "/oauth/token",
  "token_type=bearer",
  "grant_type=password",
  "grant_type=password&username=anna",
  "response_type=code&state=x",
  "invalid token",
  "invalid token: signature is invalid",
  "Token: expired",
  "token is expired by 5m0s",
  'Bearer realm="api", error="invalid_token", error_description="The token expired at 2024-01-01T00:00:00Z"',
  'Basic realm="x"',
  "Basic authentication failed",
  "Bearer token is missing",
  "www-authenticate: Bearer",
  "Unexpected token '<', \"<!DOCTYPE\"",
  "Failed to verify token: TokenExpiredError: jwt expired",
  "password must be at least 8 characters",
  "Password: required",
  "authorization: failed for user anna",
  "Authorization header: missing",
  "SELECT token, password FROM users WHERE password = $1 AND token = ?",
  "UPDATE a SET token = b.token",
  "password = bcrypt.hash(x)",
  "this.token = request.token",
  "org.example.TokenValidator.validate(TokenValidator.java:42)",
  "secret/data/shop: not found",
  "primary key=5",
  "monkey=banana",
  "nextPageToken=abc123def456",
  "password_hash_algorithm=argon2",
  "token_count=5",
  "cookies: disabled",
  "status code=401",
  "Caused by: java.io.IOException: locked by 'anna'",
  "['password', 'email', 'x-api-key', 'x-request-id']",
  "/password/reset/confirm",
  "/oauth/token/introspect",
  "/api/tokens/3fa85f64-5717-4562-b3fc-2c963f66afa6",
  "token validation of TokenValidator2 took 12ms",
  "secret projects/123456789/secrets/shop/versions/3 was read",
  "INSERT INTO users (name, password) VALUES (?, ?)",
  "cannot parse key: 4f9a8b7c6d5e",
  "https://example.com:8080/x?code=OK",
  "https://example.com/a@b",
  "ssh://git@github.com/x",
  "/reset/{token}?token={token}",
  "password=***",
  "password=[REDACTED]",
  "Authorization: Bearer ***",
  "eyJ is how such a token begins",
  "entries sorted by 'name' and identified by key 'id'",
  "IDENTIFIED BY ?",
  "AUTH ?",
  "UNAUTHENTICATED",
  "curl -u anna https://x/",
  "curl https://x:8080/ -o y",
  '{"pass": 12, "fail": 0, "pass_rate": "80 %"}',
  '{"class":"shop","protocol":"http"}',
  '<input type="password" name="x">',
  "thin: a/b",
  "region=us-east-1 version=1.2.3",
  "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
];

test("texts that speak of credentials and hold none stay as they are", () => {
  for (const text of untouched) assert.equal(redactText(text), text);
});

test("what was redacted is not redacted again", () => {
  for (const [, expected] of redacted) assert.equal(redactText(expected), expected);
});

const secretText = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{8,24}\d$/);
const surroundings: ReadonlyArray<(secret: string) => string> = [
  (secret) => `password=${secret}`,
  (secret) => `{"client_secret": "${secret}"}`,
  (secret) => `https://x.example/y?access_token=${secret}&z=1`,
  (secret) => `Authorization: Bearer ${secret}`,
  (secret) => `Authorization: Basic ${btoa(`anna:${secret}`)}`,
  (secret) => `Cookie: sid=${secret}; path=1`,
  (secret) => `amqp://anna:${secret}@queue:5672`,
  (secret) => `X-API-Key: ${secret}`,
  (secret) => `--token ${secret}`,
];

test("a secret survives in no surroundings, and redaction leaves itself alone", () => {
  const words = fc.string({ unit: "grapheme", maxLength: 30 });
  fc.assert(
    fc.property(words, words, secretText, fc.constantFrom(...surroundings), (before, after, secret, surround) => {
      const shown = redactText(`${before} ${surround(secret)} ${after}`);
      assert.ok(!shown.includes(secret) && !shown.includes(btoa(`anna:${secret}`)), shown);
      assert.equal(redactText(shown), shown);
    }),
  );
});

test("no text makes it throw, and what it leaves it leaves for good", () => {
  const pieces = fc.constantFrom(
    ..."password token secret= : \" ' %22 %3D Bearer Basic eyJ . :// @ ; & ? ghp_ -----BEGIN key [redacted: \\ < > \n ( , é".split(
      " ",
    ),
    " ",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 60 }), (parts) => {
      const once = redactText(parts.join(""));
      assert.equal(redactText(once), once);
    }),
    { numRuns: 500 },
  );
});

test("a secret of megabytes is replaced like any other", () => {
  for (const start of [
    "password=",
    "Authorization: Bearer ",
    "cookie: sid=",
    "token%3D",
    "insert into t(pwd) values ('",
  ]) {
    const shown = redactText(start + "a1".repeat(5_000_000));
    assert.ok(shown.startsWith(start) && shown.length < start.length + 40, start);
  }
});

test("hostile repetitions cost no more than their length", () => {
  const repeated = [
    ...["eyJ", "token", "password=", "password='", 'token="', "Bearer ", "basic%20", "://", "://a:", "secret%22%3A%22"],
    ...[
      "password=a,",
      "password=a,b ",
      "cookie:",
      "-----BEGIN PRIVATE KEY-----",
      "ghp_",
      "sk-",
      "key=",
      "token=:",
      "--token ",
      "token: a",
    ],
    ...[
      "password=(",
      "[redacted:",
      "authorization: x ",
      "authorization: digest ",
      '\\"password\\":',
      "eyJa.",
      "token\t\t\t",
    ],
  ];
  for (const piece of repeated) {
    const short = millisecondsFor(piece.repeat(Math.ceil(20_000 / piece.length)));
    const long = millisecondsFor(piece.repeat(Math.ceil(200_000 / piece.length)));
    // Ten times the text; quadratic time would be a hundred times.
    assert.ok(long < 40 * Math.max(short, 2), `${piece}: ${short} ms, then ${long} ms`);
  }
});

function millisecondsFor(text: string): number {
  const before = process.cpuUsage();
  redactText(text);
  const { system, user } = process.cpuUsage(before);
  return (system + user) / 1000;
}
