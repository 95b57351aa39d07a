/** What a command's exit status tells scripts. Documented, and never renumbered. */
export const EXIT_CODES = {
  ok: 0,
  failed: 1,
  usage: 2,
  warnings: 3,
  unreachable: 4,
  notFound: 5,
  badConfiguration: 78,
} as const;
