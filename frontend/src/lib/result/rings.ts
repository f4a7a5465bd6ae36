/** A closed line through corners of a grid's cells; the last corner equals the first. */
export type Ring = readonly (readonly [column: number, row: number])[];

type Corner = readonly [column: number, row: number];

/** Right, down, left, up: each is a right turn from the previous one. */
const STEPS: readonly Corner[] = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
];

/**
 * The outline of cells connected by their sides, then its holes, as lists of corners.
 *
 * Holes that touch the outside, or each other, only at a corner are separate holes.
 */
export function ringsOf(cells: readonly Corner[]): readonly Ring[] {
  const own = new Set(cells.map(keyOf));
  const isOwn = (column: number, row: number) => own.has(keyOf([column, row]));
  const edges = new Map<string, readonly [from: Corner, direction: number]>();
  for (const [column, row] of cells) {
    // Each edge has its cell on the right.
    const sides: readonly [boolean, Corner, number][] = [
      [isOwn(column, row - 1), [column, row], 0],
      [isOwn(column + 1, row), [column + 1, row], 1],
      [isOwn(column, row + 1), [column + 1, row + 1], 2],
      [isOwn(column - 1, row), [column, row + 1], 3],
    ];
    for (const [isInside, from, direction] of sides) {
      if (!isInside) {
        edges.set(`${keyOf(from)} ${direction}`, [from, direction]);
      }
    }
  }
  const rings: Ring[] = [];
  for (const [key, edge] of edges) {
    if (edges.has(key)) {
      rings.push(followed(edge, edges));
    }
  }
  return rings.toSorted((one, other) => sizeOf(other) - sizeOf(one));
}

/** Removes the edges of one ring from the map, in order. */
function followed(
  [start, first]: readonly [Corner, number],
  edges: Map<string, readonly [Corner, number]>,
): Ring {
  const corners: Corner[] = [];
  let [at, direction] = [start, first];
  let before = -1;
  while (edges.delete(`${keyOf(at)} ${direction}`)) {
    if (direction !== before) {
      corners.push(at);
    }
    before = direction;
    const [across, down] = STEPS[direction] ?? [0, 0];
    at = [at[0] + across, at[1] + down];
    // Where cells meet at a corner, a left turn follows the same gap between them.
    const next = [3, 0, 1].map((turn) => (direction + turn) % 4);
    direction = next.find((one) => edges.has(`${keyOf(at)} ${one}`)) ?? direction;
  }
  const closed = first === before ? corners.slice(1) : corners;
  return closed[0] ? [...closed, closed[0]] : [];
}

/** Twice the area inside a ring. */
function sizeOf(ring: Ring): number {
  return Math.abs(
    ring.reduce((sum, [x, y], place) => {
      const [nextX, nextY] = ring[(place + 1) % ring.length] ?? [x, y];
      return sum + x * nextY - nextX * y;
    }, 0),
  );
}

function keyOf([column, row]: Corner): string {
  return `${column},${row}`;
}
