import { micronsIn, type Scale, unescaped } from "@/lib/upload/stated-scale";

/** Reads a file's OME-XML, as in the service's `imaging/readers/scales.py`. */

/** An image that OME-XML describes. */
export interface OmeImage {
  /** In lower case. */
  name: string;
  /** Numbers of its pages in the file. */
  pages: ReadonlySet<number>;
  /** Z planes times time points. */
  planes: number;
  /** µm per pixel, plausible or not; null if none is stated. */
  scale: Scale | null;
}

type Attributes = Readonly<Record<string, string>>;

/** An image whose elements are being read. */
interface Draft {
  image: Attributes;
  pixels: Attributes | null;
  channels: number;
  blocks: readonly Attributes[];
}

const ELEMENT = /<(?:[A-Za-z]\w{0,30}:)?(Image|Pixels|Channel|TiffData)\b([^<>]{0,8000})>/g;
const ATTRIBUTE = /\b(\w{1,40})\s{0,8}=\s{0,8}(?:"([^"]{0,400})"|'([^']{0,400})')/g;
const MOST_PAGES = 256;
const MOST_IMAGES = 1024;
/** OME-XML is recognised by its beginning. */
const HEAD_CHARACTERS = 10_000;

/** The images that OME-XML describes; none if a text is not OME-XML. */
export function omeImages(text: string): readonly OmeImage[] {
  const head = text.slice(0, HEAD_CHARACTERS);
  if (!head.includes("<OME") && !head.includes(":OME")) {
    return [];
  }
  let following = 0;
  return draftsOf(text)
    .slice(0, MOST_IMAGES)
    .flatMap((draft) => {
      if (!draft.pixels) {
        return [];
      }
      const { pixels, image } = draft;
      const found = pagesOf(draft, pixels, following);
      following = found.following;
      const name = (image.Name ?? "").toLowerCase();
      return [{ name, pages: found.pages, planes: planesOf(pixels), scale: scaleOf(pixels) }];
    });
}

function draftsOf(text: string): readonly Draft[] {
  const drafts: Draft[] = [];
  let draft: Draft = { image: {}, pixels: null, channels: 0, blocks: [] };
  for (const [, kind, rest = ""] of text.matchAll(ELEMENT)) {
    const found = attributesOf(rest);
    if (kind === "Image") {
      drafts.push(draft);
      draft = { image: found, pixels: null, channels: 0, blocks: [] };
    } else if (kind === "Pixels") {
      draft.pixels = found;
    } else if (kind === "Channel") {
      draft.channels += 1;
    } else if (draft.blocks.length < MOST_PAGES) {
      draft.blocks = [...draft.blocks, found];
    }
  }
  return [...drafts, draft];
}

function attributesOf(text: string): Attributes {
  const pairs = [...text.matchAll(ATTRIBUTE)].map(
    ([, name = "", double, single]) => [name, unescaped(double ?? single ?? "")] as const,
  );
  return Object.fromEntries(pairs);
}

/** The pages that `TiffData` name, or those that follow, one for each plane. */
function pagesOf({ blocks, channels }: Draft, pixels: Attributes, first: number) {
  const pages = new Set<number>();
  let following = first;
  for (const block of blocks.length > 0 ? blocks : [{} as Attributes]) {
    const start = countOf(block.IFD, following);
    const count = "IFD" in block ? 1 : planesOf(pixels) * Math.max(1, channels);
    following = start + countOf(block.PlaneCount, count);
    for (let page = start; page < Math.min(following, MOST_PAGES); page++) {
      pages.add(page);
    }
  }
  return { pages, following };
}

function planesOf({ SizeZ, SizeT }: Attributes): number {
  return countOf(SizeZ, 1) * countOf(SizeT, 1);
}

/** A single size is that of both axes: pixels are square unless the file says otherwise. */
function scaleOf(pixels: Attributes): Scale | null {
  const sides = (["X", "Y"] as const)
    .filter((axis) => `PhysicalSize${axis}` in pixels)
    .map((axis) => {
      const unit = micronsIn(pixels[`PhysicalSize${axis}Unit`] ?? "µm");
      return unit === null ? Number.NaN : unit * Number(pixels[`PhysicalSize${axis}`]);
    });
  const [across, down = across] = sides;
  return across !== undefined && down !== undefined ? [across, down] : null;
}

function countOf(text: string | undefined, otherwise: number): number {
  return text && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
}
