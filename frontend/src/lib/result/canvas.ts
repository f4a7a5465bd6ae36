/** A white canvas: the model also sees transparent images on white. */
export function whiteCanvas(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) {
    throw new Error("no canvas of this size");
  }
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, width, height);
  return context;
}
