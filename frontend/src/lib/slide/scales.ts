import type { Page } from "@/lib/slide/pages";
import { TAG } from "@/lib/slide/tags";
import {
  aperioScales,
  imageJUnit,
  isPlausible,
  type Scale,
  scaleOfResolution,
  unitOfTag,
} from "@/lib/upload/stated-scale";

/** Every plausible scale that a TIFF states of its main image, as in the service. */
export async function statedScales({ directory, described }: Page): Promise<readonly Scale[]> {
  const [across, down] = await Promise.all([
    directory.first(TAG.xResolution),
    directory.first(TAG.yResolution),
  ]);
  const resolution = across && down ? ([across, down] as const) : null;
  const texts = await directory.texts(TAG.description);
  const own = texts.flatMap((text) => scaleOfResolution(resolution, imageJUnit(text)));
  // ImageJ's resolution counts pixels per its own unit, whatever the tag of the unit says.
  const ofOwn = own.filter(isPlausible);
  const unit = unitOfTag(await directory.number(TAG.resolutionUnit, 2));
  const scales = [
    ...own,
    ...texts.flatMap(aperioScales),
    ...described.flatMap(({ scale }) => (scale ? [scale] : [])),
    ...(ofOwn.length > 0 ? [] : scaleOfResolution(resolution, unit)),
  ];
  return scales.filter(isPlausible);
}
