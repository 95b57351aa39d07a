/**
 * Asks a running authspike through its API, and tells in one sentence why it cannot.
 */
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { TOKEN_VARIABLE } from "./server-options.ts";

const ANSWER_TIMEOUT_MS = 10_000;

export type ServerAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly body: string }
  | { readonly kind: "unreachable"; readonly problem: string };

type Question = { readonly url: string; readonly path: string };

export async function askServer({ url, path }: Question, { environment }: CommandContext): Promise<ServerAnswer> {
  const token = environment[TOKEN_VARIABLE] ?? "";
  const address = url.replace(/\/+$/, "") + path;
  if (!URL.canParse(address)) return { kind: "unreachable", problem: `"${url}" is no address` };
  try {
    const response = await fetch(address, {
      headers: token === "" ? {} : { authorization: `Bearer ${token}` },
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return { kind: "answered", status: response.status, body: await response.text() };
  } catch (error) {
    return { kind: "unreachable", problem: `cannot reach authspike at ${url}: ${reasonOf(error)}` };
  }
}

/** The answer's JSON, or the exit code after what went wrong was printed. */
export async function askServerOrPrint<Answer>(
  question: Question,
  context: CommandContext,
): Promise<{ readonly kind: "ok"; readonly answer: Answer } | { readonly kind: "failed"; readonly exitCode: number }> {
  const answer = await askServer(question, context);
  if (answer.kind === "unreachable") {
    printLine(context.stderr, answer.problem);
    return { kind: "failed", exitCode: EXIT_CODES.unreachable };
  }
  // Written by our own API, whose types the caller names.
  if (answer.status === 200) return { kind: "ok", answer: JSON.parse(answer.body) as Answer };
  printLine(context.stderr, refusalText(answer, question.url));
  return { kind: "failed", exitCode: answer.status === 404 ? EXIT_CODES.notFound : EXIT_CODES.failed };
}

type Answered = Extract<ServerAnswer, { kind: "answered" }>;

function refusalText({ status, body }: Answered, url: string): string {
  if (status === 401) return `authspike at ${url} wants a token, or another one: put it into ${TOKEN_VARIABLE}`;
  return errorIn(body) ?? `authspike at ${url} answered with status ${status}`;
}

/** The API's own sentence; undefined where something else answered. */
function errorIn(body: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    const isError = typeof answer === "object" && answer !== null && "error" in answer;
    return isError && typeof answer.error === "string" ? answer.error : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `fetch` hides the reason in the cause, and in a list of causes where a name has several addresses. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${ANSWER_TIMEOUT_MS / 1000} s`;
  const { cause } = error;
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message;
  return cause instanceof Error ? cause.message : error.message;
}
