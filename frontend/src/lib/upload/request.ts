import type { PredictOptions } from "@/lib/upload/settings";

/** The site's own host refuses longer bodies: Vercel's functions take 4.5 MB. */
export const MAX_JSON_BYTES = 4_000_000;

/** Room for the options beside the image. */
const OPTIONS_BYTES = 1024;

/**
 * How a file of a size is sent: `json`, in base64 through the site, or `form`, unchanged and
 * directly to the API.
 */
export function wayOf(bytes: number): "json" | "form" {
  return base64Length(bytes) + OPTIONS_BYTES <= MAX_JSON_BYTES ? "json" : "form";
}

/** The body for `POST /predict/` with JSON. */
export async function jsonBody(image: Blob, options: PredictOptions): Promise<string> {
  return JSON.stringify({ image: await base64(image), ...fieldsOf(options) });
}

/** The body for `POST /predict/` as a form, without the file's name, for privacy. */
export function formBody(image: Blob, options: PredictOptions): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fieldsOf(options))) {
    form.append(name, String(value));
  }
  form.append("file", image, "image");
  return form;
}

/** The site draws the evidence itself, so the service need not. */
function fieldsOf({ operatingPoint, micronsPerPixel, save }: PredictOptions) {
  return {
    explain: false,
    save,
    ...(operatingPoint === null ? {} : { operating_point: operatingPoint }),
    ...(micronsPerPixel === null ? {} : { microns_per_pixel: micronsPerPixel }),
  };
}

function base64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}

function base64(image: Blob): Promise<string> {
  const reader = new FileReader();
  return new Promise((resolve, reject) => {
    // In a data URL, the base64 follows the first comma.
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(image);
  });
}
