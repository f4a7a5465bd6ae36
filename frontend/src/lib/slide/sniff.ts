import { foreignKind, isTiff } from "@/lib/slide/kinds";
import { isSlide, slidePages } from "@/lib/slide/open-slide";

/** What the service takes of an image that is sent as it is. */
export interface ImageLimits {
  maxPixels: number;
  maxBytes: number;
}

/** Of files whose names may be those of slides, the ones that are to be read here. */
export async function slidesAmong(
  files: readonly File[],
  limits: ImageLimits,
): Promise<readonly File[]> {
  const found = await Promise.all(files.map((file) => isToBeReadHere(file, limits)));
  return files.filter((_, index) => found[index]);
}

async function isToBeReadHere(file: File, limits: ImageLimits): Promise<boolean> {
  try {
    if (await foreignKind(file)) {
      return true;
    }
    if (!(await isTiff(file))) {
      return false;
    }
    const { pages } = await slidePages(file);
    return isSlide(pages, limits.maxPixels) || file.size > limits.maxBytes;
  } catch {
    // What is damaged, and was a slide, is told as such; the service says what is wrong with others.
    return file.size > limits.maxBytes || file.name.toLowerCase().endsWith(".svs");
  }
}
