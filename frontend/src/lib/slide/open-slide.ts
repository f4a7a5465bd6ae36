import { Directories } from "@/lib/slide/directory";
import { SlideError } from "@/lib/slide/error";
import type { Size } from "@/lib/slide/levels";
import { findLevels, type Page } from "@/lib/slide/pages";
import { statedScales } from "@/lib/slide/scales";
import { type Level, levelOf } from "@/lib/slide/segments";
import { TAG } from "@/lib/slide/tags";
import { agree, isPlausible, type Scale } from "@/lib/upload/stated-scale";

/** The largest glass has some 200 x 150 mm, and scanners add to it. */
const MOST_MM = 300;
const MOST_MM2 = 30_000;
/** The service applies none that is longer. */
const MOST_PROFILE_BYTES = 8 << 20;

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
  if (directories.isCutOff) {
    throw new SlideError("corrupt");
  }
  const [first, ...others] = await Promise.all(pages.map((page) => levelOf(page, file.size)));
  if (!first) {
    throw new SlideError("corrupt");
  }
  const found = await scaleOf(main, micronsPerPixel);
  checkSize(first, found.scale);
  return {
    file,
    levels: [first, ...others],
    ...found,
    profile: await main.directory.content(TAG.iccProfile, MOST_PROFILE_BYTES),
  };
}

/** Refuse a scale that no slide has, as the service's `imaging/readers/slide_file.py`. */
function checkSize({ width, height }: Size, scale: Scale): void {
  const [across, down] = [(width * scale[0]) / 1000, (height * scale[1]) / 1000];
  const isSlide = Math.max(across, down) <= MOST_MM && across * down <= MOST_MM2;
  if (!isPlausible(scale) || !isSlide) {
    throw new SlideError("scale_out_of_range", {
      scale: [...new Set(scale)].join(" × "),
      size: `${Math.ceil(across)} × ${Math.ceil(down)}`,
    });
  }
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
