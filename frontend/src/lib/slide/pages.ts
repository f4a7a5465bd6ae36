import type { Directories, Directory } from "@/lib/slide/directory";
import { SlideError } from "@/lib/slide/error";
import { checkVendor } from "@/lib/slide/kinds";
import { type OmeImage, omeImages } from "@/lib/slide/ome";
import { TAG } from "@/lib/slide/tags";

/**
 * Finds the levels of the slide among a TIFF's images, by the rules of the service's
 * `imaging/readers/tiff_pages.py`.
 */

/** One image of a TIFF. */
export interface Page {
  directory: Directory;
  /** Whether it is a SubIFD of a page rather than a page of the chain. */
  isSub: boolean;
  width: number;
  height: number;
  isTiled: boolean;
  /** The bits of NewSubfileType. */
  subfileType: number;
  /** The properties that all levels of one image share. */
  sort: string;
  /** The beginnings of its descriptions and its name. */
  heads: readonly string[];
  /** The images of the file's OME-XML to which this page, or its parent, belongs. */
  described: readonly OmeImage[];
}

/** Of 8-bit grey, such as one colour of an image. */
const GREY_TILES = JSON.stringify([true, [8], 1, 1]);
const COLOURS = 3;
const REDUCED = 1;
const OLD_REDUCED = 2;
const RGB = 2;
const YCBCR = 6;
const HEAD_BYTES = 400;
const BESIDE = /\b(?:label|macro|thumbnail|overview|barcode)\b/i;
const IMAGEJ_IMAGES = /^images=(\d{1,9})/m;
/** Sides of a pyramid's levels are rounded up or down at each level. */
const ROUNDING_PIXELS = 2;
const SMALLEST_REDUCTION = 1.5;

/** The levels of the slide, from the finest to the coarsest, without label, macro and thumbnail. */
export async function findLevels(directories: Directories): Promise<readonly [Page, ...Page[]]> {
  const pages = await pagesOf(directories);
  const sized = pages.filter((page) => areaOf(page) > 0);
  const [first] = sized;
  if (!first) {
    throw new SlideError("corrupt");
  }
  const isAperio = first.heads.some((text) => text.startsWith("Aperio"));
  const beside = namedBeside(pages);
  const candidates = sized.filter((page) => !page.subfileType && !beside.has(page));
  const main = isAperio ? first : largest(candidates.length > 0 ? candidates : sized, first);
  const others = candidates.filter(
    (page) => page !== main && (page.isTiled || !(isAperio && main.isTiled)),
  );
  if (!others.every((page) => isLevel(page, main)) || (await hasPlanes(main))) {
    throw new SlideError(isOneColour(main, pages) ? "pixels" : "several");
  }
  const copies = sized.filter((page) => !beside.has(page) && isLevel(page, main));
  return [main, ...copies.toSorted((one, other) => areaOf(other) - areaOf(one))];
}

async function pagesOf(directories: Directories): Promise<readonly Page[]> {
  const pages: Page[] = [];
  const seen = new Set<number>();
  let images: readonly OmeImage[] = [];
  let number = 0;
  for await (const directory of directories.chain()) {
    if (number === 0) {
      // Their pages would be taken for several pictures.
      await checkVendor(directory);
      images = (await directory.texts(TAG.description)).flatMap(omeImages);
    }
    const described = images.filter((image) => image.pages.has(number));
    pages.push(await pageOf(directory, false, described));
    seen.add(directory.place);
    for (const place of await directory.numbers(TAG.subDirectories)) {
      const sub = seen.has(place) ? null : await subDirectory(directories, place);
      seen.add(place);
      if (sub) {
        pages.push(await pageOf(sub, true, described));
      }
    }
    number += 1;
  }
  return pages;
}

/** The picture can be read without its copies. */
async function subDirectory(directories: Directories, place: number): Promise<Directory | null> {
  try {
    return await directories.at(place);
  } catch (error) {
    if (error instanceof SlideError && error.problem === "corrupt") {
      return null;
    }
    throw error;
  }
}

async function pageOf(
  directory: Directory,
  isSub: boolean,
  described: readonly OmeImage[],
): Promise<Page> {
  const isOldReduced = (await directory.number(TAG.oldSubfileType, 0)) === OLD_REDUCED;
  const heads = [TAG.description, TAG.pageName].map((tag) => directory.texts(tag, HEAD_BYTES));
  return {
    directory,
    isSub,
    described,
    width: await directory.number(TAG.width, 0),
    height: await directory.number(TAG.height, 0),
    isTiled: directory.has(TAG.tileWidth),
    subfileType: await directory.number(TAG.subfileType, isOldReduced ? REDUCED : 0),
    sort: await sortOf(directory),
    heads: (await Promise.all(heads)).flat(),
  };
}

async function sortOf(directory: Directory): Promise<string> {
  const photometric = await directory.number(TAG.photometric, 1);
  const bits = new Set(await directory.numbers(TAG.bits));
  const samples = await directory.number(TAG.samples, 1);
  const colour = photometric === YCBCR ? RGB : photometric;
  return JSON.stringify([directory.has(TAG.tileWidth), [...bits], colour, samples]);
}

function namedBeside(pages: readonly Page[]): ReadonlySet<Page> {
  const chain = pages.filter(({ isSub }) => !isSub);
  return new Set(
    chain.filter(
      ({ described, heads }, number) =>
        described.some(({ name }) => BESIDE.test(name)) ||
        (number > 0 && heads.some((head) => BESIDE.test(head))),
    ),
  );
}

function isLevel(page: Page, main: Page): boolean {
  if (page === main || page.sort !== main.sort || page.subfileType > REDUCED) {
    return false;
  }
  if (!(page.subfileType || page.isSub || page.isTiled)) {
    return false;
  }
  const downsample = Math.max(main.width / page.width, main.height / page.height);
  const fits = (side: number, reduced: number) =>
    Math.abs(side / downsample - reduced) <= ROUNDING_PIXELS;
  return (
    fits(main.width, page.width) &&
    fits(main.height, page.height) &&
    downsample >= SMALLEST_REDUCTION
  );
}

async function hasPlanes({ directory, described }: Page): Promise<boolean> {
  if ((await directory.number(TAG.depth, 1)) > 1 || described.some(({ planes }) => planes > 1)) {
    return true;
  }
  const texts = await directory.texts(TAG.description);
  return texts.some(
    (text) => text.startsWith("ImageJ=") && Number(IMAGEJ_IMAGES.exec(text)?.[1] ?? 0) > 1,
  );
}

/** Whether a page is the red of an image in grey pages, which the service joins by their copies. */
function isOneColour(main: Page, pages: readonly Page[]): boolean {
  const copies = pages.filter(({ isSub, described }) => isSub && described === main.described);
  return (
    main.sort === GREY_TILES &&
    copies.length > 0 &&
    main.described.some(({ pages: { size }, planes }) => size === COLOURS && planes === 1)
  );
}

function areaOf({ width, height }: Page): number {
  return width * height;
}

function largest(pages: readonly Page[], first: Page): Page {
  const [begin = first] = pages;
  return pages.reduce((most, page) => (areaOf(page) > areaOf(most) ? page : most), begin);
}
