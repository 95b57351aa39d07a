/** authspike itself as the receiver under test: a process as users run it, with a sink behind it. */
import { OtlpSink } from "../../src/io/stand-ins/otlp-sink.ts";
import { Installation } from "../support/installation.ts";
import type { Target } from "./target.ts";
import { RECOMMENDED_MAX_REQUEST_BYTES } from "./target.ts";

const TOKEN = "conformance-token";
const ORIGIN = "https://app.example.com";
const auth = { bearer_tokens: [TOKEN] };

export type SelfTarget = AsyncDisposable & { readonly target: Target };

export async function startSelf(saturateBytes: number): Promise<SelfTarget> {
  await using stack = new AsyncDisposableStack();
  const sink = stack.use(new OtlpSink());
  await sink.start();
  const receivers = {
    grpc: { endpoint: "127.0.0.1:0", auth },
    http: { endpoint: "127.0.0.1:0", auth, cors: { allowed_origins: [ORIGIN] } },
  };
  const exporters = { sink: { protocol: "grpc", endpoint: sink.grpcUrl } } as const;
  const installation = stack.use(new Installation({ exporters, settings: { receivers } }));
  const service = await installation.start();
  // A service that did not live through the suite is shown with all it said.
  stack.defer(() => service.stop());
  const target = {
    grpc: `127.0.0.1:${service.grpcPort}`,
    http: service.httpUrl,
    bearerToken: TOKEN,
    corsOrigin: ORIGIN,
    maxRequestBytes: RECOMMENDED_MAX_REQUEST_BYTES,
    saturateBytes,
    sink,
  };
  const ending = stack.move();
  return { target, [Symbol.asyncDispose]: () => ending.disposeAsync() };
}
