/** What is believed about clients, and how much of them is shown. */
import type { AddressRange } from "./address-ranges.ts";

export type ClientSettings = {
  /**
   * How people see clients: `hashed` by a keyed fingerprint, `truncated` by their network, `full` by their
   * address, `none` not at all. What is kept to detect bursts is the fingerprint in every case.
   */
  readonly shown: "hashed" | "truncated" | "full" | "none";
  /** Whose word on their clients is taken. None are declared: that of whoever instrumented the service. */
  readonly trustedProxies: readonly AddressRange[];
};

export const DEFAULT_CLIENT_SETTINGS: ClientSettings = { shown: "hashed", trustedProxies: [] };
