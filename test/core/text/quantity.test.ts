import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatByteSize,
  formatDuration,
  formatFactor,
  formatPercentage,
  parseByteSize,
  parseDuration,
  parseFactor,
  parsePercentage,
  parseWholeNumber,
} from "../../../src/core/text/quantity.ts";
import { fc } from "../../support/properties.ts";

test("durations are read with falling units only", () => {
  assert.equal(parseDuration("30s"), 30_000);
  assert.equal(parseDuration("1h30m"), 5_400_000);
  assert.equal(parseDuration("1.5h"), 5_400_000);
  assert.equal(parseDuration("250ms"), 250);
  for (const text of ["", "60", "s", "1m2h", "1s1s", "-1s", "1 s", "1M", "s1"]) {
    assert.equal(parseDuration(text), undefined, text);
  }
});

test("a whole number of milliseconds survives being written and read", () => {
  fc.assert(fc.property(fc.nat(), (milliseconds) => parseDuration(formatDuration(milliseconds)) === milliseconds));
});

test("a whole number of bytes survives being written and read", () => {
  fc.assert(fc.property(fc.nat(), (bytes) => parseByteSize(formatByteSize(bytes)) === bytes));
  assert.equal(parseByteSize("64MiB"), 67_108_864);
  assert.equal(formatByteSize(67_108_864), "64MiB");
});

test("percentages and factors are written without the dust of binary fractions", () => {
  assert.equal(formatPercentage(parsePercentage("7%") ?? 0), "7%");
  assert.equal(formatPercentage(parsePercentage("0.3%") ?? 0), "0.3%");
  assert.equal(formatFactor(parseFactor("1.1x") ?? 0), "1.1x");
  assert.equal(parsePercentage("5"), undefined);
  assert.equal(parseFactor("3"), undefined);
});

test("digits may be grouped, and only digits", () => {
  assert.equal(parseWholeNumber("2_000"), 2000);
  for (const text of ["_1", "1_", "1__0", "1.0", "-1", "1e3"]) assert.equal(parseWholeNumber(text), undefined, text);
});
