import { whiteCanvas } from "@/lib/result/canvas";
import type { Size } from "@/lib/result/geometry";
import { turn } from "@/lib/viewer/turn";

/** A part of a picture at one of its levels, in pixels of that level. */
export interface TileRequest {
  /** Reduction of the level from the image: 1, 2, 4 and so on. */
  reduction: number;
  x: number;
  y: number;
  /** May be a fraction at the image's right and lower edges. */
  width: number;
  height: number;
}

/** The source of a viewer's tiles: a picture in the browser, or a slide's pyramid. */
export interface PictureSource {
  /** Distinguishes its tiles from those of other sources. */
  id: string;
  /** Size of the analysed image. */
  size: Size;
  /** Whether its pixels are the image's own, which are not interpolated when enlarged. */
  isExact: boolean;
  /** A canvas with the part, in whole pixels. */
  tile(request: TileRequest): Promise<CanvasRenderingContext2D>;
}

/** A picture that the browser can draw. */
export interface BrowserPicture {
  element: HTMLImageElement;
  /** Its file, decoded in the background; null if only the server has it. */
  file: Blob | null;
}

let made = 0;

/** A picture in the browser, in any resolution; without one the image is white. */
export function pictureSource(size: Size, picture: BrowserPicture | null): PictureSource {
  made += 1;
  let levels: Promise<Levels> | null = null;
  return {
    id: `picture-${made}`,
    size,
    isExact: picture !== null && picture.element.naturalWidth >= size.width,
    tile: async (request) => {
      const context = paper(Math.ceil(request.width), Math.ceil(request.height));
      if (picture) {
        levels ??= levelsOf(size, picture);
        const level = await (await levels)(request.reduction);
        await turn();
        drawPart(context, level, size, request);
      }
      return context;
    },
  };
}

/** The picture at a reduction, or at its smallest level. */
type Levels = (reduction: number) => Promise<ImageBitmap | HTMLCanvasElement>;

/** Decoded once; each smaller level is drawn from the previous one on demand. */
async function levelsOf(size: Size, { element, file }: BrowserPicture): Promise<Levels> {
  await element.decode();
  const decoded = await createImageBitmap(file ?? element);
  const drawn = new Map<number, ReturnType<Levels>>();
  const reduced: Levels = (reduction) => {
    if (reduction === 1 || decoded.width <= Math.ceil(size.width / reduction)) {
      return Promise.resolve(decoded);
    }
    const level =
      drawn.get(reduction) ??
      reduced(reduction / 2).then((larger) => halved(larger, size, reduction));
    drawn.set(reduction, level);
    return level;
  };
  return reduced;
}

// Some milliseconds of work for a picture of 6000 px.
const STRIP_ROWS = 128;

/** Strip by strip, so that the page stays responsive. */
async function halved(
  picture: ImageBitmap | HTMLCanvasElement,
  size: Size,
  reduction: number,
): Promise<HTMLCanvasElement> {
  const [width, height] = [size.width, size.height].map((side) => Math.ceil(side / reduction));
  const context = paper(width ?? 1, height ?? 1);
  const { canvas } = context;
  const times = picture.height / canvas.height;
  for (let y = 0; y < canvas.height; y += STRIP_ROWS) {
    const rows = Math.min(STRIP_ROWS, canvas.height - y);
    await turn();
    context.drawImage(
      picture,
      ...([0, y * times, picture.width, rows * times] as const),
      ...([0, y, canvas.width, rows] as const),
    );
  }
  return canvas;
}

/** The whole picture is drawn and cut by the canvas, so that adjacent tiles have no gap. */
function drawPart(
  context: CanvasRenderingContext2D,
  picture: CanvasImageSource,
  size: Size,
  { reduction, x, y }: TileRequest,
): void {
  context.drawImage(picture, -x, -y, size.width / reduction, size.height / reduction);
}

function paper(width: number, height: number): CanvasRenderingContext2D {
  const context = whiteCanvas(width, height);
  context.imageSmoothingQuality = "high";
  return context;
}
