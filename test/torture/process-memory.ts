/** What a process takes of the machine's memory, as Linux tells it: measured from within, it would measure itself. */
import { readFileSync, writeFileSync } from "node:fs";

const MIB = 1024 * 1024;

/** `peakMib` is the most since the last `forgetPeak`. */
export type ProcessMemory = { readonly residentMib: number; readonly peakMib: number };

export function memoryOf(pid: number): ProcessMemory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mebibytes = (field: string) => {
    const [, kibibytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
    return Math.round((Number(kibibytes) * 1024) / MIB);
  };
  return { residentMib: mebibytes("VmRSS"), peakMib: mebibytes("VmHWM") };
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}
