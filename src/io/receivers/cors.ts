/**
 * Lets browsers of the configured origins send telemetry.
 *
 * Without configuration no header is sent, and browsers refuse by themselves. Credentials are never
 * allowed: a browser's exporter has no cookie that would mean anything here.
 */
import type { CorsSettings } from "./receiver-settings.ts";

type Headers = Readonly<Record<string, string>>;

export type CorsPolicy = {
  /** To be added to every answer; none for an origin that is not allowed. */
  headersFor(origin: string | undefined): Headers;
  /** The whole of the headers for the answer to an OPTIONS request. */
  preflightHeadersFor(origin: string | undefined): Headers;
};

/** How long a browser may keep the answer to a preflight; browsers cap it at about this. */
const PREFLIGHT_MAX_AGE_S = 7200;

/** What OpenTelemetry's exporters for browsers send. */
const exporterHeaders = ["content-type", "content-encoding", "authorization"];

const closedPolicy: CorsPolicy = { headersFor: () => ({}), preflightHeadersFor: () => ({}) };

export function corsPolicy(settings: CorsSettings | null): CorsPolicy {
  if (settings === null || settings.allowedOrigins.length === 0) return closedPolicy;
  const patterns = settings.allowedOrigins.map(originPattern);
  const allowedHeaders = [...exporterHeaders, ...settings.allowedHeaders].join(", ");

  const headersFor = (origin: string | undefined): Headers => {
    // Told to caches even when refused: the answer would differ for another origin.
    if (origin === undefined || !patterns.some((pattern) => pattern.test(origin))) return { vary: "origin" };
    return { vary: "origin", "access-control-allow-origin": origin, "access-control-expose-headers": "retry-after" };
  };
  const preflightHeadersFor = (origin: string | undefined): Headers => {
    const headers = headersFor(origin);
    if (!("access-control-allow-origin" in headers)) return headers;
    return {
      ...headers,
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": allowedHeaders,
      "access-control-max-age": String(PREFLIGHT_MAX_AGE_S),
    };
  };
  return { headersFor, preflightHeadersFor };
}

/** `*` stands for any run of characters; everything else for itself. */
function originPattern(text: string): RegExp {
  const escaped = text.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`, "i");
}
