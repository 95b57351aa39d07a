/** What a stand-in is told to do wrong, and how often: each request takes the next fault from the plan. */
export class FaultPlan<Fault> {
  readonly #planned: { readonly fault: Fault; remaining: number }[] = [];

  /** `times` may be Infinity: until `clear`. Faults planned earlier come first. */
  add(fault: Fault, times: number): void {
    if (times > 0) this.#planned.push({ fault, remaining: times });
  }

  clear(): void {
    this.#planned.length = 0;
  }

  /** The fault for one request, or undefined when it is to be served well. */
  take(): Fault | undefined {
    const next = this.#planned[0];
    if (next === undefined) return undefined;
    next.remaining--;
    if (next.remaining <= 0) this.#planned.shift();
    return next.fault;
  }
}
