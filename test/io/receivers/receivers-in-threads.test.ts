/** What receivers promise, promised by receivers in threads. */
import { describe } from "node:test";
import { receiveInThreads } from "./receivers-under-test.ts";

receiveInThreads();

describe("in threads", async () => {
  await import("./otlp-grpc.test.ts");
  await import("./otlp-http.test.ts");
  await import("./real-exporters.test.ts");
  await import("./tls.test.ts");
});
