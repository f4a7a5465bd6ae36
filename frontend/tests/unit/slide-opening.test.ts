import { describe, expect, test } from "vitest";
import { Directories } from "@/lib/slide/directory";
import { openSlide } from "@/lib/slide/open-slide";
import { TAG } from "@/lib/slide/tags";
import { type TiffCase, tiffOf } from "./tiff-cases";

type Page = TiffCase["pages"][number];
type Tags = NonNullable<Page["others"]>;

/** One tile of 256 x 256 px somewhere in the file, of 0.5 µm per pixel. */
const TILE: Tags = [
  [TAG.tileHeight, 256],
  [TAG.tileOffsets, 8],
  [TAG.tileByteCounts, 8],
];
const PAGE: Page = { width: 256, height: 256, tile: 256, description: "Aperio|MPP = 0.5" };
/** One channel of three, each with a copy below. */
const GREY: Tags = [
  [TAG.bits, 8],
  [TAG.photometric, 1],
  [TAG.samples, 1],
];
const COLOUR: Page = {
  ...{ width: 4000, height: 3000, tile: 256, others: GREY },
  subs: [{ width: 1000, height: 750, tile: 256, subfile: 1, others: GREY }],
};
const CHANNELS = `<OME><Image><Pixels SizeC="3" SizeZ="1" SizeT="1">${"<Channel/>".repeat(3)}
  <TiffData IFD="0" PlaneCount="3"/></Pixels></Image></OME>`;

const opened = (tags: Tags, microns: number | null = null) => {
  const page = { ...PAGE, others: [...TILE, ...tags] };
  return openSlide(new Blob([tiffOf({ name: "", pages: [page] })]), microns);
};

test("a TIFF of tiles is opened, with its scale and its colour profile", async () => {
  const profile = String.fromCharCode(...new Array(200).fill(65));
  const slide = await opened([[TAG.iccProfile, profile]]);
  expect(slide).toMatchObject({ scale: [0.5, 0.5], scaleSource: "metadata" });
  expect(slide.profile?.length).toBe(201);
  expect(slide.levels[0].tile).toEqual({ width: 256, height: 256 });
});

test("of an entry no more is read than it may have", async () => {
  const directories = await Directories.of(new Blob([tiffOf({ name: "", pages: [PAGE] })]));
  for await (const directory of directories.chain()) {
    expect((await directory.content(TAG.description, 17))?.length).toBe(17);
    expect(await directory.content(TAG.description, 16)).toBeNull();
  }
});

test.each<[why: string, tags: Tags]>([
  ["bits that begin with the lowest", [[TAG.fillOrder, 2]]],
  ["differences of floating point", [[TAG.predictor, 3]]],
  ["16 bits", [[TAG.bits, [16, 16, 16]]]],
  ["planes", [[TAG.planar, 2]]],
  ["grey", GREY],
])("pixels of %s are not read", async (_, tags) => {
  await expect(opened(tags)).rejects.toMatchObject({ problem: "pixels" });
});

test.each([
  [33005, "JPEG 2000"],
  [50001, "WebP"],
  [65000, "65000"],
])("the compression %d is named: %s", async (compression, name) => {
  await expect(opened([[TAG.compression, compression]])).rejects.toMatchObject({
    problem: "pixels",
    details: { compression: name },
  });
});

test.each<[format: string, tags: Tags]>([
  ["Ventana BIF", [[TAG.xmp, '<Metadata><iScan Magnification="40"/></Metadata>']]],
  ["Philips TIFF", [[TAG.software, "Philips DP v1.0"]]],
  ["Leica SCN", [[TAG.description, '<scn xmlns="http://www.leica-microsystems.com/scn/2010">']]],
])("%s has rules of its own, whatever its pages are", async (format, tags) => {
  const first = { ...PAGE, others: [...TILE, ...tags] };
  const other = { ...PAGE, width: 200, others: TILE };
  const file = new Blob([tiffOf({ name: "", pages: [first, other] })]);
  await expect(openSlide(file, null)).rejects.toMatchObject({
    problem: "format",
    details: { format },
  });
});

test("colours in pages of their own are left to the command, and a stack is not", async () => {
  const described = { ...COLOUR, description: CHANNELS };
  const problemOf = (pages: readonly Page[]) =>
    openSlide(new Blob([tiffOf({ name: "", pages })]), 0.5).catch(({ problem }) => problem);
  expect(await problemOf([described, COLOUR, COLOUR])).toBe("pixels");
  const { subs: _, ...alone } = COLOUR;
  expect(await problemOf([{ ...alone, description: CHANNELS }, alone, alone])).toBe("several");
  expect(await problemOf([COLOUR, COLOUR, COLOUR])).toBe("several");
});

describe("a scale that no slide has", () => {
  test.each([
    ["too fine", 0.01, "1 × 1"],
    ["too coarse", 25, "7 × 7"],
  ])("is refused: %s", async (_, microns, size) => {
    await expect(opened([], microns)).rejects.toMatchObject({
      problem: "scale_out_of_range",
      details: { scale: String(microns), size },
    });
  });

  test("is refused where the slide would be larger than any glass", async () => {
    const page = { ...PAGE, width: 16_000, height: 4000 };
    const places = new Array(63 * 16).fill(8);
    const others: Tags = [...TILE, [TAG.tileOffsets, places], [TAG.tileByteCounts, places]];
    const file = new Blob([tiffOf({ name: "", pages: [{ ...page, others }] })]);
    await expect(openSlide(file, 20)).rejects.toMatchObject({
      problem: "scale_out_of_range",
      details: { scale: "20", size: "320 × 80" },
    });
    expect((await openSlide(file, 18)).scale).toEqual([18, 18]);
  });
});
