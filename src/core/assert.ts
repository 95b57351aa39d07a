/** A mistake of ours, told apart from wrong input (a value) and trouble outside (a typed error). */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

export function assert(claim: boolean, message: string): asserts claim {
  if (!claim) throw new AssertionError(message);
}

/** Ends a switch over a union: the compiler proves that it is never reached. */
export function assertNever(value: never): never {
  throw new AssertionError(`unexpected variant: ${JSON.stringify(value)}`);
}
