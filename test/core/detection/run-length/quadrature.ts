/** Gauss-Legendre quadrature and linear equations: what it takes to solve an integral equation. */

export type QuadratureNode = { readonly at: number; readonly weight: number };

/** Newton's method on the Legendre polynomial, from Tricomi's guess of its roots. */
export function gaussLegendre(count: number, low: number, high: number): readonly QuadratureNode[] {
  const half = (high - low) / 2;
  return Array.from({ length: count }, (_, index) => {
    let root = Math.cos((Math.PI * (index + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < 20; step++) {
      const polynomial = legendre(count, root);
      slope = polynomial.slope;
      root -= polynomial.value / slope;
    }
    return { at: low + half * (1 - root), weight: (2 * half) / ((1 - root * root) * slope * slope) };
  });
}

function legendre(degree: number, at: number): { readonly value: number; readonly slope: number } {
  let [before, value] = [1, at];
  for (let power = 2; power <= degree; power++) {
    [before, value] = [value, ((2 * power - 1) * at * value - (power - 1) * before) / power];
  }
  return { value, slope: (degree * (at * value - before)) / (at * at - 1) };
}

/** Solves `matrix * x = constants` by elimination with pivots. The arguments are used up. */
export function solveLinear(matrix: Float64Array[], constants: Float64Array): Float64Array {
  const size = constants.length;
  for (let column = 0; column < size; column++) {
    bringUpPivot(matrix, constants, column);
    const pivotRow = rowOf(matrix, column);
    for (let row = column + 1; row < size; row++) eliminate(rowOf(matrix, row), pivotRow, column, constants, row);
  }
  for (let row = size - 1; row >= 0; row--) {
    const coefficients = rowOf(matrix, row);
    let value = constants[row] ?? 0;
    for (let column = row + 1; column < size; column++) value -= (coefficients[column] ?? 0) * (constants[column] ?? 0);
    constants[row] = value / (coefficients[row] ?? 0);
  }
  return constants;
}

function bringUpPivot(matrix: Float64Array[], constants: Float64Array, column: number): void {
  let pivot = column;
  for (let row = column + 1; row < matrix.length; row++) {
    if (Math.abs(rowOf(matrix, row)[column] ?? 0) > Math.abs(rowOf(matrix, pivot)[column] ?? 0)) pivot = row;
  }
  [matrix[column], matrix[pivot]] = [rowOf(matrix, pivot), rowOf(matrix, column)];
  [constants[column], constants[pivot]] = [constants[pivot] ?? 0, constants[column] ?? 0];
}

function eliminate(
  row: Float64Array,
  pivotRow: Float64Array,
  column: number,
  constants: Float64Array,
  index: number,
): void {
  const factor = (row[column] ?? 0) / (pivotRow[column] ?? 0);
  if (factor === 0) return;
  for (let place = column; place < row.length; place++) {
    row[place] = (row[place] ?? 0) - factor * (pivotRow[place] ?? 0);
  }
  constants[index] = (constants[index] ?? 0) - factor * (constants[column] ?? 0);
}

function rowOf(matrix: readonly Float64Array[], index: number): Float64Array {
  const row = matrix[index];
  if (row === undefined) throw new RangeError(`there is no row ${index}`);
  return row;
}
