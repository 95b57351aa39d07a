/** Tables as text: names on the left, figures on the right with three digits that count. */
import type { Row, Table } from "./bench.ts";

export function tableLines(table: Table): readonly string[] {
  const { title, notes = [] } = table;
  const { columns, rows } = compared(table);
  const cells = [["", ...columns], ...rows.map(({ name, figures }) => [name, ...figures.map(formatFigure)])];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = cells.map((row) => `  ${row.map((cell, column) => aligned(cell, column, widths)).join("  ")}`);
  return ["", title, ...lines.map((line) => line.trimEnd()), ...notes.map((note) => `  ${note}`)];
}

/** Three digits, more only where a whole number has more; thousands apart. */
export function formatFigure(figure: number | null): string {
  if (figure === null || Number.isNaN(figure)) return "-";
  if (Number.isInteger(figure) || Math.abs(figure) >= 100) return Math.round(figure).toLocaleString("en-US");
  return figure.toPrecision(3);
}

function compared({ columns, rows, comparison }: Table): Pick<Table, "columns" | "rows"> {
  if (comparison === undefined) return { columns, rows };
  const column = columns.indexOf(comparison.column);
  const baseline = rows.find(({ name }) => name === comparison.baseline)?.figures[column] ?? null;
  return {
    columns: [...columns, comparison.heading],
    rows: rows.map((row) => withRatio(row, column, baseline)),
  };
}

function withRatio({ name, figures }: Row, column: number, baseline: number | null): Row {
  const figure = figures[column] ?? null;
  return { name, figures: [...figures, figure === null || baseline === null ? null : figure / baseline] };
}

function aligned(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0;
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
