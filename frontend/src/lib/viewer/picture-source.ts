import type { Size } from "@/lib/result/geometry";

/** A part of a picture at one of its levels, in pixels of that level. */
export interface TileRequest {
  /** How many times smaller the level is than the image: 1, 2, 4 and so on. */
  reduction: number;
  x: number;
  y: number;
  /** Not always whole at the image's right and lower edges. */
  width: number;
  height: number;
}

/** Where a viewer's tiles come from: a picture that the browser has, or a slide's pyramid. */
export interface PictureSource {
  /** Tells its tiles from those of other sources. */
  id: string;
  /** Of the image that was analysed. */
  size: Size;
  /** Whether its pixels are the image's own, which are shown as they are when enlarged. */
  isExact: boolean;
  /** A canvas that holds the part, in whole pixels. */
  tile(request: TileRequest): Promise<CanvasRenderingContext2D>;
}

let made = 0;

/** A picture that the browser holds, in any resolution; without one the image is white. */
export function pictureSource(size: Size, picture: HTMLImageElement | null): PictureSource {
  made += 1;
  let levels: Promise<Levels> | null = null;
  return {
    id: `picture-${made}`,
    size,
    isExact: picture !== null && picture.naturalWidth >= size.width,
    tile: async (request) => {
      const context = paper(Math.ceil(request.width), Math.ceil(request.height));
      if (picture) {
        levels ??= levelsOf(size, picture);
        drawPart(context, (await levels)(request.reduction), size, request);
      }
      return context;
    },
  };
}

/** The picture at a reduction, or all there is of it. */
type Levels = (reduction: number) => CanvasImageSource;

/** Decoded once, and drawn smaller and smaller, each from the one before, when it is needed. */
async function levelsOf(size: Size, picture: HTMLImageElement): Promise<Levels> {
  await picture.decode();
  const decoded = await createImageBitmap(picture);
  const drawn = new Map<number, CanvasImageSource>();
  const reduced = (reduction: number): CanvasImageSource => {
    if (reduction === 1 || decoded.width <= Math.ceil(size.width / reduction)) {
      return decoded;
    }
    const level = drawn.get(reduction) ?? halved(reduced(reduction / 2), size, reduction);
    drawn.set(reduction, level);
    return level;
  };
  return reduced;
}

function halved(picture: CanvasImageSource, size: Size, reduction: number): HTMLCanvasElement {
  const [width, height] = [size.width / reduction, size.height / reduction];
  const context = paper(Math.ceil(width), Math.ceil(height));
  context.drawImage(picture, 0, 0, context.canvas.width, context.canvas.height);
  return context.canvas;
}

/** The whole is drawn, and the canvas cuts it: so no tile ends where its neighbour does not begin. */
function drawPart(
  context: CanvasRenderingContext2D,
  picture: CanvasImageSource,
  size: Size,
  { reduction, x, y }: TileRequest,
): void {
  context.drawImage(picture, -x, -y, size.width / reduction, size.height / reduction);
}

/** A white canvas: what is transparent is judged on white. */
function paper(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) {
    throw new Error("no canvas of this size");
  }
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  return context;
}
