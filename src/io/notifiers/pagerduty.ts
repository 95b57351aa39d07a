/**
 * Brings pages to PagerDuty's Events API v2.
 *
 * One call is one attempt and always ends in a verdict. Accepted means status 202 with a body that
 * says so: a proxy's friendly 200, a cut body or a lost answer is tried again, which is harmless
 * because the dedup key stays the same. The routing key goes into the request and nowhere else; an
 * answer that repeats it is cleaned before anybody sees it.
 */
import type { Dispatcher } from "undici";
import { Agent, request } from "undici";
import type { Verdict } from "../../core/alerts/delivery-policy.ts";
import { ATTEMPT_TIMEOUT_MS } from "../../core/alerts/delivery-policy.ts";
import type { Page } from "../../core/alerts/page.ts";
import type { UnixMillis } from "../../core/time.ts";
import { SECOND_MS } from "../../core/time.ts";
import { retryAfterMs } from "../platform/retry-after.ts";
import { pagerDutyEvent } from "./pagerduty-event.ts";

const ENQUEUE_PATH = "/v2/enqueue";
const ACCEPTED = 202;
/** Enough for the pages of one burst. A longer-lived connection may be closed just as a page sets out. */
const KEEP_ALIVE_MS = 4 * SECOND_MS;
const ANSWER_BYTES_MAX = 65_536;
const EXCERPT_CHARACTERS_MAX = 1000;

export type PagerDutyTarget = {
  /** With or without the path `/v2/enqueue`. */
  readonly url: string;
  /** The routing key, a secret. */
  readonly key: string;
};

export type AttemptOptions = { readonly lateByMs: number | null; readonly signal: AbortSignal };

export type PagerDutyParts = {
  /** Wall clock, for dates in `Retry-After`. */
  readonly wallNow: () => UnixMillis;
  readonly timeoutMs?: number;
};

/** What came back, before it is judged. */
type Answer = { readonly status: number; readonly retryAfter: string | undefined; readonly body: string };

export class PagerDutyNotifier {
  readonly #agent = new Agent({ keepAliveTimeout: KEEP_ALIVE_MS });
  readonly #wallNow: () => UnixMillis;
  readonly #timeoutMs: number;

  constructor({ wallNow, timeoutMs = ATTEMPT_TIMEOUT_MS }: PagerDutyParts) {
    this.#wallNow = wallNow;
    this.#timeoutMs = timeoutMs;
  }

  async send(page: Page, target: PagerDutyTarget, { lateByMs, signal }: AttemptOptions): Promise<Verdict> {
    const startedAt = performance.now();
    const body = pagerDutyEvent(page, { routingKey: target.key, lateByMs });
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]);
    try {
      const answer = await this.#post(enqueueUrl(target.url), body, deadline);
      return this.#judge({ ...answer, body: withoutKey(answer.body, target.key) }, performance.now() - startedAt);
    } catch (error) {
      const reason = withoutKey(networkReason(error), target.key);
      return {
        kind: "retry",
        reason,
        afterMs: null,
        status: null,
        bodyExcerpt: "",
        latencyMs: performance.now() - startedAt,
      };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #post(url: string, body: string, signal: AbortSignal): Promise<Answer> {
    const response = await request(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "authspike" },
      body,
      signal,
      dispatcher: this.#agent,
    });
    const retryAfter = response.headers["retry-after"];
    return {
      status: response.statusCode,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      body: await readAnswer(response.body),
    };
  }

  #judge({ status, retryAfter, body }: Answer, latencyMs: number): Verdict {
    const facts = { status, bodyExcerpt: body.slice(0, EXCERPT_CHARACTERS_MAX), latencyMs };
    if (status === ACCEPTED && saysSuccess(body)) return { kind: "delivered", ...facts };
    const reason = refusal(status, body);
    if (isFinal(status)) return { kind: "rejected", reason, ...facts };
    return { kind: "retry", reason, afterMs: retryAfterMs(retryAfter, this.#wallNow()), ...facts };
  }
}

function enqueueUrl(url: string): string {
  const base = url.replace(/\/+$/, "");
  return base.endsWith(ENQUEUE_PATH) ? base : base + ENQUEUE_PATH;
}

/** The client's errors are final, except those that say "not now". */
function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429;
}

function refusal(status: number, body: string): string {
  if (status >= 200 && status < 300) return `PagerDuty answered ${status} without saying that it took the event`;
  const message = messageIn(body);
  return `PagerDuty answered ${status}${message === "" ? "" : `: ${message}`}`;
}

function saysSuccess(body: string): boolean {
  return parsed(body)["status"] === "success";
}

/** PagerDuty explains a refusal in `message` and, for each fault, in `errors`. */
function messageIn(body: string): string {
  const { message, errors } = parsed(body);
  const texts = [message, errors].flat();
  return texts
    .filter((text) => typeof text === "string")
    .join("; ")
    .slice(0, EXCERPT_CHARACTERS_MAX);
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** The answer as text; what is beyond the limit is read by nobody, so the connection is given up. */
async function readAnswer(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    byteCount += chunk.length;
    if (byteCount > ANSWER_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString("utf8");
}

function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return "the request failed";
  if (error.name === "TimeoutError") return "no answer in time";
  if (error.name === "AbortError") return "cut off because authspike is stopping";
  const code = "code" in error && typeof error.code === "string" ? `${error.code}: ` : "";
  // A connection that was tried at several addresses fails with an error that has no message itself.
  const inner = error instanceof AggregateError ? error.errors.map((each: Error) => each.message).join("; ") : "";
  return `the request failed: ${code}${error.message || inner}`;
}

function withoutKey(text: string, key: string): string {
  return key === "" ? text : text.replaceAll(key, "[routing key]");
}
