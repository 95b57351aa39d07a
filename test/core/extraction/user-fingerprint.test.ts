import assert from "node:assert/strict";
import { test } from "node:test";
import { fingerprintClientText } from "../../../src/core/extraction/client-fingerprint.ts";
import { EndpointTable } from "../../../src/core/extraction/endpoint-table.ts";
import { RequestObservation } from "../../../src/core/extraction/request-observation.ts";
import { fingerprintSessionText, fingerprintUserText } from "../../../src/core/extraction/user-fingerprint.ts";
import { fc } from "../../support/properties.ts";
import type { SpanSketch } from "./span-requests.ts";
import { CLIENT_KEY, ExtractionWorld } from "./span-requests.ts";

const fingerprint = (name: string) => fingerprintUserText(CLIENT_KEY, name);

function usersOf(attributes: readonly NonNullable<SpanSketch["attributes"]>[]): readonly number[] {
  const signIn = { "http.request.method": "POST", "url.path": "/login", "http.response.status_code": 401 };
  const sketches = attributes.map((extra) => ({ attributes: { ...signIn, ...extra } }));
  return new ExtractionWorld().observe(sketches, ({ user }) => user);
}

test("a user is read from any of the attributes that name one, the present names first", () => {
  const keys = ["user.hash", "user.id", "enduser.pseudo.id", "enduser.id", "user.name", "user.email"];
  assert.deepEqual(
    usersOf(keys.map((key) => ({ [key]: "anna" }))),
    keys.map(() => fingerprint("anna")),
  );
  assert.deepEqual(usersOf([{ "user.name": "Anna", "enduser.id": "7" }]), [fingerprint("7")]);
  assert.deepEqual(usersOf([{ "user.id": 42 }, {}]), [fingerprint("42"), 0]);
});

test("what stands for nobody, or was masked, is no user", () => {
  const nobody = ["", " ", "-", "anonymousUser", "UNKNOWN", "[REDACTED]", "****", "xxxxx", "null"];
  assert.deepEqual(
    nobody.map(fingerprint),
    nobody.map(() => 0),
  );
  assert.deepEqual(usersOf([{ "user.id": "***", "user.name": "anna" }]), [fingerprint("anna")]);
});

test("a user is one number however its name is padded, and nobody can pose as a client by a name", () => {
  assert.equal(fingerprint(" anna "), fingerprint("anna"));
  fc.assert(
    fc.property(fc.string({ minLength: 17 }), (name) => {
      assert.notEqual(fingerprint(name), fingerprintClientText(CLIENT_KEY, name));
    }),
  );
});

test("a recorded request names its user as a span does", () => {
  const endpoints = new EndpointTable({ endpointsPerServiceMax: 10, endpointsMax: 10 });
  const request = { endedAt: 0, service: "auth", method: "POST", path: "/login", httpStatus: 401 };
  const userOf = (attributes: Readonly<Record<string, string>>) =>
    new RequestObservation({ ...request, attributes }, { endpoints, clientKey: CLIENT_KEY }).user;
  assert.equal(userOf({ "enduser.id": "anna" }), fingerprint("anna"));
  assert.equal(userOf({ "user.id": "-", "user.name": "bob" }), fingerprint("bob"));
  assert.equal(userOf({}), 0);
});

test("a session is read from session.id, and poses neither as a user nor as a client", () => {
  const signIn = { "http.request.method": "POST", "url.path": "/login", "http.response.status_code": 401 };
  const given = [{ "session.id": "a-long-session-id-1" }, { "session.id": "***" }, {}, { "session.id": 7 }];
  const sketches = given.map((extra) => ({ attributes: { ...signIn, ...extra } }));
  const sessions = new ExtractionWorld().observe(sketches, ({ session }) => session);
  const session = (text: string) => fingerprintSessionText(CLIENT_KEY, text);
  assert.deepEqual(sessions, [session("a-long-session-id-1"), 0, 0, session("7")]);
  assert.notEqual(session("a-long-session-id-1"), fingerprint("a-long-session-id-1"));
  assert.notEqual(session("a-long-session-id-1"), fingerprintClientText(CLIENT_KEY, "a-long-session-id-1"));
  const endpoints = new EndpointTable({ endpointsPerServiceMax: 10, endpointsMax: 10 });
  const request = { endedAt: 0, service: "auth", method: "POST", path: "/login", httpStatus: 401 };
  const recorded = { ...request, attributes: { "session.id": "a-long-session-id-1" } };
  assert.equal(new RequestObservation(recorded, { endpoints, clientKey: CLIENT_KEY }).session, sessions[0]);
});
