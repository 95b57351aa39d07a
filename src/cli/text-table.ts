/** Columns of text, as wide as their widest cell, for people; scripts ask for JSON. */
export function renderTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headers.map((header, column) =>
    Math.max(header.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  return [headers, ...rows].map((row) => renderRow(row, widths)).join("\n");
}

function renderRow(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join("  ")
    .trimEnd();
}

/** One fact a line, what belongs to one name below each other. A name without a value is left out. */
export function renderFacts(facts: readonly (readonly [name: string, values: readonly string[]])[]): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts
    .flatMap(([name, values]) => values.map((value, index) => `${(index === 0 ? name : "").padEnd(width)}  ${value}`))
    .join("\n");
}
