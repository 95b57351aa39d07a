/** All benches, in the order in which they run. */
import type { Bench } from "./bench.ts";

export async function benches(): Promise<readonly Bench[]> {
  return Promise.all([
    import("./otlp-scan.bench.ts"),
    import("./extraction.bench.ts"),
    import("./redaction.bench.ts"),
    import("./engine.bench.ts"),
    import("./queue.bench.ts"),
    import("./endpoints.bench.ts"),
    import("./forwarding.bench.ts"),
    import("./span-to-page.bench.ts"),
    import("./detection.bench.ts"),
    import("./backtest.bench.ts"),
    import("./patterns.bench.ts"),
  ]);
}
