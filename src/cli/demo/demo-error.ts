/** The story cannot go on; the message says which part of it did not happen. */
export class DemoError extends Error {
  override readonly name = "DemoError";
}

/** A person has asked the demo to stop. */
export class DemoInterrupted extends Error {
  override readonly name = "DemoInterrupted";
}
