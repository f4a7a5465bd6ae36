/** µm per pixel of the drawings that the page offers as samples. */
export const DRAWING_MICRONS = 4;

/** Whether a file has the name of such a drawing. */
export function isDrawing(name: string | undefined): boolean {
  return name !== undefined && /^drawn_(?:crowded|loose|region)\.png$/.test(name);
}
