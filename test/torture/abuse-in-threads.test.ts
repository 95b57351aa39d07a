/** Senders that mean harm, against receivers in threads. */
import { receiveInThreads } from "../support/installation.ts";

receiveInThreads(2);
await import("./abuse.test.ts");
