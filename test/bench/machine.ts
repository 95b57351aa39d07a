/** What the figures were measured on, and how busy it was meanwhile. */
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

export function machineLines(): readonly string[] {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const gibibytes = (totalmem() / 2 ** 30).toFixed(0);
  return [
    `${availableParallelism()} cores of ${model}, ${gibibytes} GiB, ${process.platform} ${process.arch}`,
    `Node ${process.versions.node}, V8 ${process.versions.v8}`,
    loadLine(),
  ];
}

/** Other work on the machine makes figures worse, never better: one line before and one after tells. */
export function loadLine(): string {
  const [minute = 0, fiveMinutes = 0] = loadavg();
  return `load average ${minute.toFixed(2)} in the last minute, ${fiveMinutes.toFixed(2)} in the last five`;
}
