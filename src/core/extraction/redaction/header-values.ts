/**
 * Values of which only a part is secret: an authorization keeps its scheme, a cookie its name.
 *
 * Both tell much (which scheme was tried, whether a session was there) and open nothing.
 */
import { isJwt } from "./credential-forms.ts";
import { isHarmlessValue } from "./harmless-value.ts";
import { jwtMarker } from "./jwt-marker.ts";
import type { FoundSecret, SecretKind } from "./secret-kind.ts";
import { markerOf } from "./secret-kind.ts";

/** Null for kinds that have no parts. */
export function secretsInHeader(kind: SecretKind, value: string): readonly FoundSecret[] | null {
  if (kind === "cookie") return secretsInCookie(value);
  return kind === "credential" ? secretsInAuthorization(value) : null;
}

function secretsInAuthorization(value: string): readonly FoundSecret[] | null {
  const [matched, scheme = ""] = SCHEME.exec(value) ?? [];
  if (matched === undefined) return null;
  const credential = value.slice(matched.length);
  if (isHarmlessValue(credential)) return [];
  const range = { start: matched.length, end: value.length };
  if (isJwt(credential)) return [{ ...range, kind: "jwt", marker: jwtMarker(credential) }];
  const kind = KIND_OF_SCHEME[scheme.toLowerCase()] ?? "credential";
  return [{ ...range, kind, marker: markerOf(kind) }];
}

const SCHEME = /^[ \t]*([a-z][\w-]{0,31})(?:[ \t]|%20|\+)+(?=[^ \t])/i;
const KIND_OF_SCHEME: Readonly<Record<string, SecretKind>> = {
  bearer: "bearer",
  basic: "basic",
  token: "token",
  apikey: "api_key",
};

/** `sid=…; theme=…`, or one cookie and how it is to be kept: `sid=…; Path=/; HttpOnly`. */
function secretsInCookie(value: string): readonly FoundSecret[] {
  const found: FoundSecret[] = [];
  let start = 0;
  for (const part of value.split(";")) {
    const equals = part.indexOf("=");
    const name = part.slice(0, Math.max(equals, 0)).trim();
    const secret = part.slice(equals + 1);
    if (!COOKIE_ATTRIBUTES.test(name) && !COOKIE_ATTRIBUTES.test(part.trim()) && !isHarmlessValue(secret.trim())) {
      found.push({ start: start + equals + 1, end: start + part.length, kind: "cookie", marker: markerOf("cookie") });
    }
    start += part.length + 1;
  }
  return found;
}

const COOKIE_ATTRIBUTES = /^(?:path|domain|expires|max-age|httponly|secure|samesite|priority|partitioned)$/i;
