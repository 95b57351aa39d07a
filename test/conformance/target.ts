/** The receiver under test: where it is, and what has to be known of its configuration. */
import type { OtlpSink } from "../../src/io/stand-ins/otlp-sink.ts";
import type { ReceivedSpan } from "../../src/io/stand-ins/received-telemetry.ts";
import { NotApplicable, Unmet } from "./check.ts";

export type Target = {
  /** `host:port`; null leaves gRPC out. */
  readonly grpc: string | null;
  /** Without `/v1/traces`; null leaves HTTP out. */
  readonly http: string | null;
  /** Sent with every request; null when the receiver asks for none. */
  readonly bearerToken: string | null;
  /** An origin that the receiver lets browsers send from. */
  readonly corsOrigin: string | null;
  readonly maxRequestBytes: number;
  /** How much may be sent at once to make the receiver refuse; 0 leaves that out. */
  readonly saturateBytes: number;
  /** Where the receiver forwards to; null when that cannot be watched. */
  readonly sink: OtlpSink | null;
};

export const RECOMMENDED_MAX_REQUEST_BYTES = 64 * 1024 * 1024;

const FORWARD_TIMEOUT_MS = 10_000;

export function httpOf({ http }: Target): string {
  if (http === null) throw new NotApplicable("needs --http");
  return http;
}

export function grpcOf({ grpc }: Target): string {
  if (grpc === null) throw new NotApplicable("needs --grpc");
  return grpc;
}

export function sinkOf({ sink }: Target): OtlpSink {
  if (sink === null) throw new NotApplicable("needs --sink to see what becomes of it");
  return sink;
}

export function withoutToken(target: Target): Target {
  return { ...target, bearerToken: null };
}

/** The spans of one trace, once as many have been forwarded. */
export async function forwardedSpans(
  target: Target,
  { traceId, count }: { readonly traceId: string; readonly count: number },
): Promise<readonly ReceivedSpan[]> {
  const sink = sinkOf(target);
  const ofTrace = () => sink.spans.filter((span) => span.traceId === traceId);
  await whenForwarded(sink, () => ofTrace().length >= count, `${count} span(s), got ${ofTrace().length}`);
  return ofTrace();
}

export async function forwardedSpan(target: Target, traceId: string): Promise<ReceivedSpan> {
  const [span] = await forwardedSpans(target, { traceId, count: 1 });
  if (span === undefined) throw new Unmet("the span was not forwarded");
  return span;
}

/** The bytes of the first forwarded request that holds the text. */
export async function forwardedRequest(target: Target, text: string): Promise<Uint8Array> {
  const sink = sinkOf(target);
  const find = () => sink.requests.find(({ bytes }) => Buffer.from(bytes).includes(text));
  await whenForwarded(sink, () => find() !== undefined, "the request");
  return find()?.bytes ?? new Uint8Array();
}

async function whenForwarded(sink: OtlpSink, holds: () => boolean, wanted: string): Promise<void> {
  try {
    await sink.waitFor(holds, FORWARD_TIMEOUT_MS);
  } catch {
    throw new Unmet(`answered with success, but ${FORWARD_TIMEOUT_MS / 1000} s later had not forwarded ${wanted}`);
  }
}
