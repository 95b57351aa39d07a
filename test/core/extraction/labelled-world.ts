/** What is counted of the requests in `test/fixtures/labelled/`, and whether that is right. */
import { fingerprintClientText, UNKNOWN_CLIENT } from "../../../src/core/extraction/client-fingerprint.ts";
import type { LabelledRequest } from "../../support/labelled-requests.ts";
import { id, START_MS } from "./joining/joiner-world.ts";
import type { CountedRequest } from "./recorded-world.ts";
import { RecordedWorld } from "./recorded-world.ts";
import type { SpanSketch } from "./span-requests.ts";
import { CLIENT_KEY, traceRequest } from "./span-requests.ts";

export type Field = "counted" | "endpoint" | "outcome" | "method" | "client" | "cause";
export type Verdict = { readonly field: Field; readonly found: unknown; readonly expected: unknown };
/** What is said of a request, without the ids that differ from service to service. */
export type Answer = Pick<CountedRequest, "cause" | "client" | "endpoint" | "outcome">;
export type Arrange = (spans: readonly SpanSketch[]) => ReadonlyArray<readonly SpanSketch[]>;

/** As often as a service has to tear its requests until that is known. */
const TURNS = 3;
const SPANS_MAX = 8;

export function verdictsOn({ cause, client, is }: LabelledRequest, counted: readonly Answer[]): readonly Verdict[] {
  const isCountedRightly: Verdict = { field: "counted", found: counted.length, expected: is === null ? 0 : 1 };
  if (is === null) return [isCountedRightly];
  const [found] = counted;
  const [endpoint, outcome] = cutAtLastBlank(is);
  const expectedClient = client === null ? UNKNOWN_CLIENT : fingerprintClientText(CLIENT_KEY, client);
  return [
    isCountedRightly,
    { field: "endpoint", found: found?.endpoint, expected: endpoint },
    { field: "method", found: methodOf(found?.endpoint), expected: methodOf(endpoint) },
    { field: "outcome", found: found?.outcome, expected: outcome },
    { field: "client", found: found?.client, expected: expectedClient },
    ...(cause === null ? [] : [{ field: "cause", found: found?.cause, expected: cause } as const]),
  ];
}

function cutAtLastBlank(text: string): readonly [string, string] {
  const at = text.lastIndexOf(" ");
  return [text.slice(0, at), text.slice(at + 1)];
}

/** "" of a remote call, whose name has no blank. */
function methodOf(endpoint: string | undefined): string | undefined {
  return endpoint === undefined || endpoint.includes(" ") ? endpoint?.split(" ")[0] : "";
}

/** What was counted for the last of a few requests of each kind, each kind from a service of its own. */
export function countedOfEach(
  requests: readonly LabelledRequest[],
  arrange: Arrange,
): ReadonlyArray<readonly Answer[]> {
  const world = new RecordedWorld();
  for (const [index, { spans }] of requests.entries()) {
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const batch of arrange(sent(spans, index * TURNS + turn, `service ${index}`))) {
        world.receiveBytes(traceRequest(batch));
      }
    }
  }
  const byTrace = Map.groupBy(world.counted.requests, ({ traceId }) => traceId);
  return requests.map((_, index) => (byTrace.get(traceIdOf(index * TURNS + TURNS - 1)) ?? []).map(answerOf));
}

function answerOf({ cause, client, endpoint, outcome }: CountedRequest): Answer {
  return { cause, client, endpoint, outcome };
}

function sent(spans: readonly SpanSketch[], number: number, service: string): readonly SpanSketch[] {
  const spanId = (depth: number) => id(number * SPANS_MAX + depth + 1, 16);
  return spans.map((span, depth) => ({
    ...span,
    resource: { "service.name": service },
    traceId: traceIdOf(number),
    spanId: spanId(depth),
    ...(depth === 0 ? {} : { parentSpanId: spanId(depth - 1) }),
    startMs: START_MS + depth,
    endMs: START_MS + 100 - depth,
  }));
}

function traceIdOf(number: number): string {
  return id(number + 1, 32);
}
