/** The process ends when nobody expects it, with receivers in threads. */
import { receiveInThreads } from "../support/installation.ts";

receiveInThreads(2);
await import("./kill.test.ts");
