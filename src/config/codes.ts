/**
 * The codes that configuration can earn besides those of any YAML file (`core/text/codes.ts`).
 *
 * Like those they are never given another meaning. AC1xx are errors, AC3xx warnings.
 */
export const CONFIG_CODES = {
  AC101: "a configuration file cannot be read",
  AC102: "an exporter, or our own telemetry, points at one of our own receivers",
  AC103: "a receiver is open to the network without asking its clients who they are",
  AC104: "the API is open to the network without a token",
  AC105: "two listeners have the same address",
  AC106: "a file of certificates or keys cannot be read",
  AC107: "an exporter has no address",
  AC108: "an address does not fit the protocol",
  AC301: "a variable looks like a setting and is none",
  AC302: "a secret is written in clear text",
} as const;

export type ConfigCode = keyof typeof CONFIG_CODES;
