export const INK = "#17161d";

/** The page's own font. */
export function fontFamily(): string {
  return getComputedStyle(document.body).fontFamily;
}
