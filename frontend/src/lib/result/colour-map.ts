/** An opaque colour: red, green and blue, each 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Which part of viridis is used, as indices of its 256 colours. */
export const VIRIDIS_PART = { first: 95, last: 230 } as const;

// Every fifth colour of that part, from the blue end of green to its yellow end: hues that neither
// haematoxylin nor eosin has. Linear interpolation between two of them is off by one level at most.
const POINTS: readonly Rgb[] = `
  2c718e 2a768e 297b8e 27808e 25848e 23898e 218e8d 20928c 1f978b 1e9c89 1fa188 21a585 24aa83 28ae80
  2eb37c 35b779 3dbc74 46c06f 50c46a 5ac864 65cb5e 70cf57 7cd250 89d548 95d840 a2da37 b0dd2f bddf26
`
  .trim()
  .split(/\s+/)
  .map((hex) => {
    const value = Number.parseInt(hex, 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  });

/** The colour of a share of the full scale; shares outside 0 to 1 have the end colours. */
export function colourOf(share: number): Rgb {
  const place = Math.min(Math.max(share, 0), 1) * (POINTS.length - 1);
  const below = POINTS[Math.floor(place)] ?? [0, 0, 0];
  const above = POINTS[Math.ceil(place)] ?? below;
  const part = place % 1;
  const between = (one: number, other: number) => Math.round(one + (other - one) * part);
  return [between(below[0], above[0]), between(below[1], above[1]), between(below[2], above[2])];
}
