/** R8 and R25: requests of which some spans can never be taken. */
import type { Check } from "../check.ts";
import { demand, NotApplicable } from "../check.ts";
import { logRecord, logs, newSpanId, newTraceId, span, traces } from "../samples.ts";
import type { Target } from "../target.ts";
import { forwardedSpans, sinkOf } from "../target.ts";
import type { Answer, Way } from "../ways.ts";
import { demandTaken, send, waysInto } from "../ways.ts";

/** What the specification calls an invalid id: another length, or zeros alone. */
const INVALID_IDS: Readonly<Record<string, object>> = {
  "a trace id of 15 bytes": { traceId: newTraceId().slice(2) },
  "a trace id of 17 bytes": { traceId: `${newTraceId()}00` },
  "a trace id of zeros": { traceId: "0".repeat(32) },
  "no trace id": { traceId: "" },
  "a span id of 7 bytes": { spanId: newSpanId().slice(2) },
  "a span id of 9 bytes": { spanId: `${newSpanId()}00` },
  "a span id of zeros": { spanId: "0".repeat(16) },
  "no span id": { spanId: "" },
};

async function answersToOneInvalid(target: Target): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const way of waysInto(target)) {
    answers.push(await send(target, way, traces(span(), span({ traceId: newTraceId().slice(2) }), span())));
  }
  return answers;
}

export const partialSuccessChecks: readonly Check[] = [
  {
    id: "R8.count",
    level: "MUST",
    sentence: "answers a request that it takes in part with success and the exact number of spans left out",
    run: async (target) => {
      for (const answer of await answersToOneInvalid(target)) {
        if (!answer.isTaken) throw new NotApplicable(`refuses such a request as a whole: ${answer.seen}`);
        if (answer.rejected === 0) throw new NotApplicable("says that it took spans with invalid ids too");
        demand(answer.rejected === 1, `${answer.way}: ${answer.seen}, not 1 of 3`);
      }
    },
  },
  {
    id: "R8.message",
    level: "SHOULD",
    sentence: "says why it left them out",
    run: async (target) => {
      for (const answer of await answersToOneInvalid(target)) {
        if (answer.rejected === 0) throw new NotApplicable("leaves nothing out");
        demand(answer.message.length > 10, `${answer.way}: ${answer.seen}`);
      }
    },
  },
  {
    id: "R8.kept",
    level: "MUST",
    sentence: "forwards exactly the spans that it did not count as left out",
    run: async (target) => {
      sinkOf(target);
      const overEach = async (way: Way) => {
        const traceId = newTraceId();
        const spans = Array.from({ length: 5 }, () => span({ traceId }));
        const answer = await send(target, way, traces(...spans, span({ traceId, spanId: "00" })));
        if (!answer.isTaken) throw new NotApplicable(`refuses such a request as a whole: ${answer.seen}`);
        const kept = await forwardedSpans(target, { traceId, count: 6 - answer.rejected });
        demand(kept.length === 6 - answer.rejected, `${answer.seen}, and ${kept.length} of 6 were forwarded`);
      };
      await Promise.all(waysInto(target).map(overEach));
    },
  },
  {
    id: "R25.one-of-hundred",
    level: "SHOULD",
    sentence: "keeps 99 spans when one of 100 has an id of a wrong length",
    run: async (target) => {
      const spans = Array.from({ length: 99 }, () => span());
      for (const way of waysInto(target)) {
        const answer = await send(target, way, traces(...spans, span({ traceId: newTraceId().slice(2) })));
        demand(answer.isTaken && answer.rejected === 1, `${way}: ${answer.seen}`);
      }
    },
  },
  {
    id: "R25.each-kind",
    level: "SHOULD",
    sentence: "knows every invalid id: too short, too long, zeros, none",
    run: async (target) => {
      for (const way of waysInto(target)) {
        for (const [name, facts] of Object.entries(INVALID_IDS)) {
          const answer = await send(target, way, traces(span(), span(facts)));
          demand(answer.isTaken && answer.rejected === 1, `${name} over ${way}: ${answer.seen}`);
        }
      }
    },
  },
  {
    id: "R25.all",
    level: "SHOULD",
    sentence: "counts every span of a request in which all ids are invalid",
    run: async (target) => {
      const spans = Object.values(INVALID_IDS).map((facts) => span(facts));
      for (const way of waysInto(target)) {
        const answer = await send(target, way, traces(...spans));
        demand(answer.isTaken && answer.rejected === spans.length, `${way}: ${answer.seen}, not ${spans.length}`);
      }
    },
  },
  {
    id: "R25.log-records",
    level: "SHOULD",
    sentence: "takes log records with invalid ids as records without a trace",
    run: (target) => demandTaken(target, logs(logRecord({ traceId: "00ff" }), logRecord({ spanId: "0".repeat(16) }))),
  },
];
