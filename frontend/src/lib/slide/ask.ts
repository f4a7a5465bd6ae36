import type { PredictionResult } from "@/lib/api/schema";
import type { SlidePicture } from "@/lib/slide/picture";
import type { SlideFacts } from "@/lib/slide/protocol";
import { sendToApi } from "@/lib/upload/sender";
import type { Tracking } from "@/lib/upload/transport";
import type { Visit } from "@/lib/upload/visit";

export interface SlideQuestion {
  facts: SlideFacts;
  picture: SlidePicture;
  operatingPoint: string | null;
  save: boolean;
}

/**
 * Send the picture of a slide to be scored.
 *
 * @param publicApiUrl Address of the API for this browser, without a final slash.
 */
export function askForSlide(
  publicApiUrl: string,
  visit: Visit,
  question: SlideQuestion,
  tracking: Tracking,
): Promise<PredictionResult> {
  const { save } = question;
  const address = `${publicApiUrl}/predict/slide/`;
  return sendToApi({ address, visit, body: slideForm(question), save, tracking });
}

/** The body of `POST /predict/slide/`: only the picture, without the file's name or metadata. */
export function slideForm({ facts, picture, operatingPoint, save }: SlideQuestion): FormData {
  const form = new FormData();
  const fields = {
    slide_width: facts.width,
    slide_height: facts.height,
    slide_microns_across: facts.scale[0],
    slide_microns_down: facts.scale[1],
    scale_source: facts.scaleSource,
    fingerprint: facts.fingerprint,
    save,
    ...(operatingPoint === null ? {} : { operating_point: operatingPoint }),
  };
  for (const [name, value] of Object.entries(fields)) {
    form.append(name, String(value));
  }
  form.append("file", picture.png, "image");
  return form;
}
