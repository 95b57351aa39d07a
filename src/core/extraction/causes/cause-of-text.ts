/**
 * The cause that a message names.
 *
 * Texts are compared in lower case and by words, because Envoy writes `Jwt_is_expired` and Apigee
 * `jwt.TokenExpired` where others write `Jwt is expired`. The patterns are ours alone; nothing from
 * telemetry becomes part of one.
 */
import type { CauseName } from "./cause.ts";
import { KNOWN_MESSAGES } from "./known-messages.ts";
import { MESSAGE_TOPICS } from "./message-topics.ts";

/** More of a message is not read: the reason stands at its beginning. */
export const TEXT_MAX_LENGTH = 512;

const TESTS: ReadonlyArray<readonly [pattern: RegExp, name: CauseName]> = [...KNOWN_MESSAGES, ...MESSAGE_TOPICS].map(
  ([name, patterns]) => [new RegExp(patterns.map(({ source }) => source).join("|")), name],
);

/** A catch-all class whose own words mean more than the same words elsewhere. */
const JSON_WEB_TOKEN_ERROR = "JsonWebTokenError";

export function causeOfText(text: string, exceptionTypes: readonly string[]): CauseName | undefined {
  const plain = plainText(text.slice(0, TEXT_MAX_LENGTH));
  if (plain === "invalid token" && exceptionTypes.includes(JSON_WEB_TOKEN_ERROR)) return "malformed";
  return TESTS.find(([pattern]) => pattern.test(plain))?.[1];
}

function plainText(text: string): string {
  return text
    .replaceAll(/([a-z]{3})([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replaceAll("_", " ")
    .replaceAll("’", "'");
}
