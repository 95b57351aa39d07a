/**
 * Reads the challenges of a WWW-Authenticate field (RFC 9110, sections 11.2, 11.3 and 11.6.1).
 *
 * One field may hold several challenges, each with several parameters, and commas stand between both:
 * what tells them apart is the `=` after a parameter's name. Quoted values may hold commas themselves.
 * What cannot be read is skipped up to the next comma, because half a challenge is better than none.
 */
export type Challenge = {
  /** In lower case. */
  readonly scheme: string;
  /** Parameters of RFC 6750 and RFC 7616, "" where absent. */
  readonly error: string;
  readonly errorDescription: string;
  readonly stale: string;
};

const FIELD_MAX_LENGTH = 4096;
const CHALLENGES_MAX = 8;

const SEPARATORS = /[\s,]*/y;
const SCHEME = /([!#$%&'*+\-.^_`|~\w]+)(?=[ \t,]|$)/y;
const TOKEN68 = /[ \t]+[\w\-.~+/]+=*(?=[ \t]*(?:,|$))/y;
const PARAMETER = /([!#$%&'*+\-.^_`|~\w]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+\-.^_`|~\w]+))/y;
const REST_OF_ELEMENT = /[^,]*/y;
const REDACTED_SCHEME = /^(redacted|masked|filtered|hidden|\*+|x+)$/;

type ChallengeInProgress = { -readonly [Part in keyof Challenge]: Challenge[Part] };

export function parseChallenges(field: string): readonly Challenge[] {
  const text = field.slice(0, FIELD_MAX_LENGTH);
  const challenges: ChallengeInProgress[] = [];
  let position = endOf(SEPARATORS, text, 0);
  while (position < text.length) {
    position = readElement(text, position, challenges);
    if (challenges.length > CHALLENGES_MAX) break;
    position = endOf(SEPARATORS, text, position);
  }
  return challenges.slice(0, CHALLENGES_MAX).filter(({ scheme }) => !REDACTED_SCHEME.test(scheme));
}

/** Returns where the element ends. */
function readElement(text: string, position: number, challenges: ChallengeInProgress[]): number {
  const current = challenges.at(-1);
  const parameter = current === undefined ? null : matchAt(PARAMETER, text, position);
  if (current !== undefined && parameter !== null) {
    noteParameter(current, parameter);
    return position + parameter[0].length;
  }
  const scheme = matchAt(SCHEME, text, position);
  if (scheme === null) return endOf(REST_OF_ELEMENT, text, position);
  challenges.push({ scheme: scheme[0].toLowerCase(), error: "", errorDescription: "", stale: "" });
  return endOf(TOKEN68, text, position + scheme[0].length);
}

function noteParameter(challenge: ChallengeInProgress, [, name = "", quoted, plain = ""]: RegExpExecArray): void {
  const value = quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, "$1");
  switch (name.toLowerCase()) {
    case "error":
      challenge.error = value.toLowerCase();
      break;
    case "error_description":
      challenge.errorDescription = value;
      break;
    case "stale":
      challenge.stale = value.toLowerCase();
      break;
  }
}

function matchAt(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

function endOf(pattern: RegExp, text: string, position: number): number {
  return position + (matchAt(pattern, text, position)?.[0].length ?? 0);
}
