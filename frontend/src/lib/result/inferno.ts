/** An opaque colour: red, green and blue, each 0 to 255. */
export type Rgb = readonly [number, number, number];

// Every fifth of the 256 colours of OpenCV's COLORMAP_INFERNO, with which the service draws; a
// straight line between two of them is off by one level at most.
const POINTS: readonly Rgb[] = `
  000004 02020c 050417 0a0722 10092d 160b39 1e0c45 260c51 2f0a5b 380962 400a67 490b6a 510e6c
  59106e 61136e 69166e 71196e 781c6d 801f6c 88226a 902568 982766 a02a63 a82e5f b0315b b73557
  bf3952 c63d4d cc4248 d34743 d94d3d df5337 e45a31 e9612b ed6925 f1711f f47918 f78212 f98b0b
  fa9407 fb9d07 fca60c fcb014 fbba1f fac42a f8cd37 f6d746 f4e156 f2ea69 f2f27d f5f992 fcffa4
`
  .trim()
  .split(/\s+/)
  .map((hex) => {
    const value = Number.parseInt(hex, 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  });

/** The inferno colour of a share of the full scale; shares beyond 0 and 1 have the end colours. */
export function inferno(share: number): Rgb {
  const place = Math.min(Math.max(share, 0), 1) * (POINTS.length - 1);
  const below = POINTS[Math.floor(place)] ?? [0, 0, 0];
  const above = POINTS[Math.ceil(place)] ?? below;
  const part = place % 1;
  const between = (one: number, other: number) => Math.round(one + (other - one) * part);
  return [between(below[0], above[0]), between(below[1], above[1]), between(below[2], above[2])];
}
