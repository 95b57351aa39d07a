/** A person's Ctrl-C, a closed terminal, or a supervisor's SIGTERM, as something that work under way can listen to. */

export type StopSignal = { readonly signal: AbortSignal } & Disposable;

/** SIGHUP: the terminal was closed. */
const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * The first signal asks; after it, or after disposal, another one ends the process as it ends any other.
 * A command for which SIGHUP means something else names the signals that ask it to stop.
 */
export function listenForStop(signals: readonly NodeJS.Signals[] = SIGNALS): StopSignal {
  const controller = new AbortController();
  const forget = () => {
    for (const name of signals) process.off(name, onSignal);
  };
  const onSignal = () => {
    forget();
    controller.abort();
  };
  for (const name of signals) process.on(name, onSignal);
  return { signal: controller.signal, [Symbol.dispose]: forget };
}
