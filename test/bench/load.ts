/** Steady load on a receiver, from a process of its own, so that making it costs nobody who is measured. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Packing, Protocol } from "./otlp-sender.ts";
import type { BatchPlan } from "./trace-batches.ts";

export type LoadPlan = {
  readonly endpoint: string;
  readonly protocol: Protocol;
  readonly packing?: Packing;
  readonly spansPerSecond: number;
  readonly batches: BatchPlan;
};

export type LoadReport = {
  readonly sentSpans: number;
  readonly acknowledgedSpans: number;
  /** How far behind its plan the sender was at worst: a receiver that keeps up leaves it near 0. */
  readonly behindMaxMs: number;
};

export type LoadMessage = { readonly kind: "plan"; readonly plan: LoadPlan } | { readonly kind: "stop" };

const CHILD = fileURLToPath(new URL("./load-process.ts", import.meta.url));

export class Load {
  readonly #child;

  private constructor(plan: LoadPlan) {
    this.#child = fork(CHILD, { execArgv: [] });
    this.#tell({ kind: "plan", plan });
  }

  /** Resolves when the requests are made up and sending has begun. */
  static async start(plan: LoadPlan): Promise<Load> {
    const load = new Load(plan);
    await once(load.#child, "message");
    return load;
  }

  /** Ends the load and says how it went. */
  async stop(): Promise<LoadReport> {
    this.#tell({ kind: "stop" });
    const [report] = (await once(this.#child, "message")) as [LoadReport];
    return report;
  }

  #tell(message: LoadMessage): void {
    this.#child.send(message);
  }
}
