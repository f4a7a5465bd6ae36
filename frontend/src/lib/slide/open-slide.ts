import { Directories } from "@/lib/slide/directory";
import { SlideError } from "@/lib/slide/error";
import { checkVendor } from "@/lib/slide/kinds";
import { findLevels, type Page } from "@/lib/slide/pages";
import { statedScales } from "@/lib/slide/scales";
import { type Level, levelOf } from "@/lib/slide/segments";
import { TAG } from "@/lib/slide/tags";
import { agree, type Scale } from "@/lib/upload/stated-scale";

/** An open slide, whose tiles are read on demand. */
export interface OpenedSlide {
  file: Blob;
  levels: readonly [Level, ...Level[]];
  /** µm per pixel of level 0, across and down. */
  scale: Scale;
  scaleSource: "request" | "metadata";
  /** The colours' ICC profile. */
  profile: Uint8Array | null;
}

/** The facts of a slide before its scale is known. */
export interface SlidePages {
  pages: readonly [Page, ...Page[]];
  directories: Directories;
}

/** The images of a TIFF that are the slide; throws a SlideError if there are none. */
export async function slidePages(file: Blob): Promise<SlidePages> {
  try {
    const directories = await Directories.of(file);
    const pages = await findLevels(directories);
    return { pages, directories };
  } catch (error) {
    throw error instanceof RangeError ? new SlideError("corrupt") : error;
  }
}

/**
 * Open a slide by its directories; no pixel is read.
 *
 * @param micronsPerPixel Scale of level 0 stated by a person; null uses the file's own.
 * @throws SlideError Why it cannot be opened.
 */
export async function openSlide(file: Blob, micronsPerPixel: number | null): Promise<OpenedSlide> {
  const { pages, directories } = await slidePages(file);
  const [main] = pages;
  await checkVendor(main.directory);
  if (directories.isCutOff) {
    throw new SlideError("corrupt");
  }
  const [first, ...others] = await Promise.all(pages.map((page) => levelOf(page, file.size)));
  if (!first) {
    throw new SlideError("corrupt");
  }
  return {
    file,
    levels: [first, ...others],
    ...(await scaleOf(main, micronsPerPixel)),
    profile: await main.directory.content(TAG.iccProfile),
  };
}

async function scaleOf(
  main: Page,
  micronsPerPixel: number | null,
): Promise<Pick<OpenedSlide, "scale" | "scaleSource">> {
  if (micronsPerPixel !== null) {
    return { scale: [micronsPerPixel, micronsPerPixel], scaleSource: "request" };
  }
  const scales = await statedScales(main);
  const [scale] = scales;
  if (!scale) {
    throw new SlideError("scale_unknown");
  }
  if (!agree(scales)) {
    const named = [...new Set(scales.map(([across, down]) => `${across} × ${down}`))];
    throw new SlideError("scale_conflict", { scales: named.join(", ") });
  }
  return { scale, scaleSource: "metadata" };
}

/** Whether a TIFF is a slide: tiles in several resolutions, or too many to be sent. */
export function isSlide(pages: readonly [Page, ...Page[]], mostPixels: number): boolean {
  const [main] = pages;
  return main.isTiled && (pages.length > 1 || main.width * main.height > mostPixels);
}
