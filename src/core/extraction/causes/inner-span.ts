/**
 * What a span that is no request says about the one it belongs to.
 *
 * Exceptions of authentication stand mostly on the span of the middleware that threw them, a call to the
 * identity provider that failed explains why nothing could be checked, and GraphQL answers inside a 200.
 */
import type { SpanView } from "../../otlp/span-view.ts";
import { readText } from "../../otlp/wire.ts";
import type { Outcome } from "../observation.ts";
import { NO_HTTP_STATUS } from "../outcome.ts";
import { readHttpStatus } from "../span-status.ts";
import type { Statement } from "./cause.ts";
import { ROW } from "./cause.ts";
import { genericChallenge, genericText, oauthCause, statedCause } from "./decide-cause.ts";
import type { StatedSigns } from "./refusal-signs.ts";

const KIND_UNSPECIFIED = 0;
const KIND_INTERNAL = 1;
const KIND_CLIENT = 3;
const STATUS_ERROR = 2;

const NAME_MAX_BYTES = 200;

/** Where keys, tokens and their introspection are fetched from. */
const PROVIDER =
  /jwks?\b|\/\.well-known\/(openid|oauth|jwks)|introspect|openid-connect|\/oauth2?\/|\/(token|certs|userinfo)\b|\/discovery\/(v[\d.]+\/)?keys|ext[-_]?authz/i;

/** Codes of GraphQL servers (Apollo, Hot Chocolate), which JavaScript's SDK puts in the place of the class. */
const ANSWER_BY_CODE: ReadonlyMap<string, Outcome> = new Map([
  ["UNAUTHENTICATED", "unauthenticated"],
  ["AUTH_NOT_AUTHENTICATED", "unauthenticated"],
  ["FORBIDDEN", "forbidden"],
  ["AUTH_NOT_AUTHORIZED", "forbidden"],
]);

/** Runs for every span that is no request. */
export function mayTellOfRequest({ hasEvents, kind, statusCode }: SpanView): boolean {
  if (kind === KIND_CLIENT) return statusCode === STATUS_ERROR;
  return (kind === KIND_INTERNAL || kind === KIND_UNSPECIFIED) && (hasEvents || statusCode === STATUS_ERROR);
}

/** A failed call that was made to learn who somebody is. */
export function providerFailure(view: SpanView, addressSlots: readonly number[]): Statement | null {
  if (view.kind !== KIND_CLIENT) return null;
  const status = readHttpStatus(view);
  const isTheirFault = status === NO_HTTP_STATUS || status === 429 || status >= 500;
  if (!isTheirFault || !addressesOf(view, addressSlots).some((address) => PROVIDER.test(address))) return null;
  const source = "a failed call to the identity provider";
  return { name: "idp_unavailable", confidence: "high", row: ROW.providerUnavailable, source };
}

/** All that signs from a child or a log record state. Nothing is concluded from what they lack. */
export function statementsOf(signs: StatedSigns, teller: string): readonly Statement[] {
  const stated = statedCause(signs) ?? genericChallenge(signs) ?? genericText(signs);
  return [stated, oauthCause(signs)].flatMap((statement) =>
    statement === null ? [] : [{ ...statement, source: `${statement.source} of ${teller}` }],
  );
}

/** How a request was answered according to the codes of its errors; null when they say nothing. */
export function answerOf({ exceptionTypes }: Pick<StatedSigns, "exceptionTypes">): Outcome | null {
  for (const { value } of exceptionTypes) {
    const outcome = ANSWER_BY_CODE.get(value);
    if (outcome !== undefined) return outcome;
  }
  return null;
}

function addressesOf(view: SpanView, slots: readonly number[]): readonly string[] {
  const { attributes, bytes, nameEnd, nameStart } = view;
  const name = nameStart === -1 ? "" : readText(bytes, nameStart, Math.min(nameEnd, nameStart + NAME_MAX_BYTES));
  return [name, ...slots.map((slot) => attributes.text(bytes, slot) ?? "")];
}
