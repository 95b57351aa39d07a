/**
 * What stands between a series and its alarm: a condition with its numbers.
 *
 * The decision asks these very values, and whoever explains it is shown them, so the two cannot drift
 * apart.
 */
export const GATE_NAMES = ["evidence", "control_limit", "failures", "surplus", "client"] as const;

/**
 * `evidence`: nats against the threshold. `control_limit`: deviations against the rule's. `failures`: since
 * the onset, repeats of one client counting for less. `surplus`: how many of them are above what was to be
 * expected. `client`: failures of one client, fading within ten minutes.
 */
export type GateName = (typeof GATE_NAMES)[number];

export type Gate = {
  readonly name: GateName;
  readonly value: number;
  readonly needed: number;
  readonly holds: boolean;
};

export function gateAbove(name: GateName, value: number, needed: number): Gate {
  return { name, value, needed, holds: value > needed };
}

export function gateAtLeast(name: GateName, value: number, needed: number): Gate {
  return { name, value, needed, holds: value >= needed };
}

export function allHold(gates: readonly Gate[]): boolean {
  return gates.every(({ holds }) => holds);
}
