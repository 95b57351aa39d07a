/** All benches, in the order in which they run. */
import type { Bench } from "./bench.ts";

export async function benches(): Promise<readonly Bench[]> {
  return Promise.all([
    import("./engine.bench.ts"),
    import("./endpoints.bench.ts"),
    import("./forwarding.bench.ts"),
    import("./span-to-page.bench.ts"),
  ]);
}
