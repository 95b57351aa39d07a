/** A person's Ctrl-C, or a supervisor's SIGTERM, as something that work under way can listen to. */

export type StopSignal = { readonly signal: AbortSignal } & Disposable;

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** The first signal asks; after it, or after disposal, another one ends the process as it ends any other. */
export function listenForStop(): StopSignal {
  const controller = new AbortController();
  const forget = () => {
    for (const name of SIGNALS) process.off(name, onSignal);
  };
  const onSignal = () => {
    forget();
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return { signal: controller.signal, [Symbol.dispose]: forget };
}
