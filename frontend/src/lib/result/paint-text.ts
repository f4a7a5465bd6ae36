export const INK = "#17161d";

/** The page's own letters. */
export function fontFamily(): string {
  return getComputedStyle(document.body).fontFamily;
}
