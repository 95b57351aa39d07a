/** What OTLP asks of a receiver, asked of receivers in threads. */
import { receiveInThreads } from "../support/installation.ts";

receiveInThreads(2);
await import("./conformance.test.ts");
