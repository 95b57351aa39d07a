/**
 * Decides whether an Authorization header carries one of the accepted tokens.
 *
 * Digests are compared, in constant time, and every token is tried: neither the length nor the
 * place of a near miss shows in how long the answer takes.
 */
import { createHash, timingSafeEqual } from "node:crypto";

export type AuthorizationCheck = (authorizationHeader: string | undefined) => boolean;

/** Without tokens everyone may enter. */
export function acceptBearerTokens(tokens: readonly string[]): AuthorizationCheck {
  if (tokens.length === 0) return () => true;
  const accepted = tokens.map(digest);
  return (header) => {
    const presented = digest(tokenOf(header ?? ""));
    return accepted.filter((token) => timingSafeEqual(token, presented)).length > 0;
  };
}

/** The scheme's name may be in any case (RFC 9110, section 11.1). */
function tokenOf(header: string): string {
  return /^bearer +(\S+)$/i.exec(header.trim())?.[1] ?? "";
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
