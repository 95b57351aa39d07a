/**
 * Quantities as people write them, with their unit, and back: `1h30m`, `64MiB`, `5%`, `3x`, `2_000`.
 *
 * Reading is strict: a number without its unit is not a quantity. Writing gives the shortest form
 * that reads back as the same number.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";

/** Largest first, as they are written. */
const DURATION_UNITS: readonly (readonly [string, number])[] = [
  ["d", DAY_MS],
  ["h", HOUR_MS],
  ["m", MINUTE_MS],
  ["s", SECOND_MS],
  ["ms", 1],
];
const DURATION_WORD = /(\d+(?:\.\d+)?)(ms|d|h|m|s)/y;

const BYTE_UNITS: readonly (readonly [string, number])[] = [
  ["TiB", 1024 ** 4],
  ["GiB", 1024 ** 3],
  ["MiB", 1024 ** 2],
  ["KiB", 1024],
  ["TB", 1000 ** 4],
  ["GB", 1000 ** 3],
  ["MB", 1000 ** 2],
  ["kB", 1000],
  ["B", 1],
];

/** Milliseconds of `30s`, `1h30m`, `2d`, units falling; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  let milliseconds = 0;
  let smallestSoFar = Number.POSITIVE_INFINITY;
  let position = 0;
  while (position < text.length) {
    DURATION_WORD.lastIndex = position;
    const [word, amount, unit] = DURATION_WORD.exec(text) ?? [];
    const factor = DURATION_UNITS.find(([name]) => name === unit)?.[1];
    if (word === undefined || factor === undefined || factor >= smallestSoFar) return undefined;
    milliseconds += Number(amount) * factor;
    smallestSoFar = factor;
    position += word.length;
  }
  return position === 0 ? undefined : milliseconds;
}

export function formatDuration(milliseconds: number): string {
  let rest = Math.round(milliseconds);
  if (rest === 0) return "0s";
  let text = "";
  for (const [unit, factor] of DURATION_UNITS) {
    const amount = Math.floor(rest / factor);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * factor;
  }
  return text;
}

/** Bytes of `64MiB`, `10MB`, `512B`; undefined for anything else. */
export function parseByteSize(text: string): number | undefined {
  const [, amount, unitName] = /^(\d+(?:\.\d+)?)([KMGT]iB|[kMGT]B|B)$/.exec(text) ?? [];
  const unit = BYTE_UNITS.find(([name]) => name === unitName)?.[1];
  return amount === undefined || unit === undefined ? undefined : Math.round(Number(amount) * unit);
}

export function formatByteSize(bytes: number): string {
  const [name, unit] = BYTE_UNITS.find(([, size]) => bytes >= size && bytes % size === 0) ?? ["B", 1];
  return `${bytes / unit}${name}`;
}

/** 0.05 of `5%`. */
export function parsePercentage(text: string): number | undefined {
  const [, amount] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) / 100;
}

export function formatPercentage(share: number): string {
  return `${trimmedNumber(share * 100)}%`;
}

/** 3 of `3x`. */
export function parseFactor(text: string): number | undefined {
  const [, amount] = /^(\d+(?:\.\d+)?)x$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount);
}

export function formatFactor(factor: number): string {
  return `${trimmedNumber(factor)}x`;
}

/** 2000 of `2000` and `2_000`. */
export function parseWholeNumber(text: string): number | undefined {
  return /^\d+(?:_\d+)*$/.test(text) ? Number(text.replaceAll("_", "")) : undefined;
}

/** Without the dust that binary fractions leave: 0.07 * 100 is 7, not 7.000000000000001. */
function trimmedNumber(value: number): string {
  return String(Number(value.toPrecision(12)));
}
