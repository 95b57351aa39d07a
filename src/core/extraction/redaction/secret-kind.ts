/** What kind of secret was found: the word in the marker and the label of the counter. */
export const SECRET_KINDS = [
  "bearer",
  "basic",
  "jwt",
  "cookie",
  "password",
  "secret",
  "token",
  "api_key",
  "private_key",
  "session",
  "code",
  "signature",
  "credential",
] as const;
export type SecretKind = (typeof SECRET_KINDS)[number];

/** Part of a text that is to be replaced. `marker` is ASCII. */
export type FoundSecret = {
  readonly start: number;
  readonly end: number;
  readonly kind: SecretKind;
  readonly marker: string;
};

/**
 * `[redacted:password]`. Brackets and a colon, because masks of other tools look alike and searches for
 * `redacted` find it; no blanks, because it may stand in an address. Facts follow after commas.
 */
export function markerOf(kind: SecretKind, facts: readonly string[] = []): string {
  return `[${[MARKER_WORD + kind, ...facts].join(",")}]`;
}

const MARKER_WORD = "redacted:";
export const MARKER_START = `[${MARKER_WORD}`;
