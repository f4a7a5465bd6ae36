import { foreignKind, isTiff } from "@/lib/slide/kinds";
import { isSlide, slidePages } from "@/lib/slide/open-slide";

/** The service's limits for an image that is sent unchanged. */
export interface ImageLimits {
  maxPixels: number;
  maxBytes: number;
}

/** The slides among files with possible slide names, to be read here. */
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
    if (isNamedSlide(file)) {
      return true;
    }
    const { pages } = await slidePages(file);
    return isSlide(pages, limits.maxPixels) || file.size > limits.maxBytes;
  } catch {
    // It may be a damaged slide, and slides are sent only if the visitor agrees.
    return true;
  }
}

function isNamedSlide({ name }: File): boolean {
  return name.toLowerCase().endsWith(".svs");
}
