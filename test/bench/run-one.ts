/** One bench in this process; `run.ts` starts it. */
import { benches } from "./benches.ts";
import { tableLines } from "./print-table.ts";

const [wanted, extent] = process.argv.slice(2);
const bench = (await benches()).find(({ name }) => name === wanted);
if (bench === undefined) throw new Error(`there is no bench called ${wanted}`);
console.log(`\n== ${bench.name}: ${bench.description}`);
for await (const table of bench.run(extent === "full" ? "full" : "short"))
  for (const line of tableLines(table)) console.log(line);
