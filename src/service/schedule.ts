/** Runs something later. The returned function cancels it; cancelling twice, or late, does nothing. */
export type Schedule = (delayMs: number, action: () => void) => () => void;
