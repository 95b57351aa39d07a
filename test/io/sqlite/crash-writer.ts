/** Commits pages as fast as it can until it is killed; says the number of each on its output first. */
import { writeSync } from "node:fs";
import { Store } from "../../../src/io/sqlite/store.ts";
import { anAlert, anOutboxRow, aTransition, pagerdutyTarget } from "./samples.ts";

const [directory = "", start = "0"] = process.argv.slice(2);
const store = Store.open(directory);
for (let number = Number(start); ; number++) {
  const alert = anAlert({ id: `alert ${number}`, state: "firing" });
  store.alerts.commit({
    transitions: [aTransition("firing", number, alert)],
    outboxRows: [anOutboxRow({ alertId: alert.id }), anOutboxRow({ alertId: alert.id })],
    targets: [pagerdutyTarget],
  });
  writeSync(1, `${number}\n`);
}
