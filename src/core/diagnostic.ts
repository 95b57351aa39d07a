/**
 * What is wrong in a text a person wrote, where, and the remedy.
 *
 * Wrong input is a value, not an exception: every reader returns all the diagnostics it found, so a
 * person mends a file in one go. The printed form is the one editors and CI systems already parse.
 */
export type Diagnostic = {
  readonly severity: "error" | "warning";
  /** Stable and documented, as in `AS104`. */
  readonly code: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units as editors count. */
  readonly column: number;
  /** How many code units the caret line underlines, at least 1. */
  readonly length: number;
  readonly message: string;
};

/** `rules/auth.yaml:21:11: error AS104: message`, the source line, and carets under the fault. */
export function renderDiagnostic(diagnostic: Diagnostic, sourceText: string | undefined): string {
  return renderWithLine(diagnostic, sourceText?.split(/\r?\n/)[diagnostic.line - 1]);
}

/** The same where the line is at hand and the text is not. */
export function renderWithLine(diagnostic: Diagnostic, sourceLine: string | undefined): string {
  const { file, line, column, severity, code, message } = diagnostic;
  const head = `${file}:${line}:${column}: ${severity} ${code}: ${message}`;
  if (sourceLine === undefined) return head;
  const number = String(line).padStart(4);
  // Tabs are kept in the padding so that the carets stay under the word whatever the tab width.
  const padding = sourceLine.slice(0, column - 1).replace(/[^\t]/g, " ");
  const room = Math.max(1, sourceLine.length - column + 1);
  const carets = "^".repeat(Math.min(Math.max(1, diagnostic.length), room));
  return `${head}\n${number} | ${sourceLine}\n     | ${padding}${carets}`;
}

/** The candidate a person most likely meant, or undefined when none is near (edit distance above 2). */
export function nearestName(word: string, candidates: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let nearestDistance = 3;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    // Two edits turn any word of three letters into another: short words must be nearer to count.
    if (distance < nearestDistance && distance < Math.max(word.length, candidate.length) / 2) {
      nearest = candidate;
      nearestDistance = distance;
    }
  }
  return nearest;
}

/** Appends `; did you mean "x"?` when a near candidate exists. */
export function withSuggestion(message: string, word: string, candidates: Iterable<string>): string {
  const nearest = nearestName(word, candidates);
  return nearest === undefined ? message : `${message}; did you mean "${nearest}"?`;
}

/** Damerau's distance restricted to adjacent swaps: a swap of two letters is one slip, not two. */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const substitution = left[row - 1] === right[column - 1] ? 0 : 1;
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + substitution,
      );
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && isSwap) cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}
