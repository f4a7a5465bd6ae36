/** Why a slide cannot be opened or read here. */
export type SlideProblem =
  /** A format that `format` names, of which this page reads no tile. */
  | "format"
  /** A TIFF whose compression or kind of pixels is not read here. */
  | "pixels"
  | "corrupt"
  /** Several pictures, or planes of a stack. */
  | "several"
  | "scale_unknown"
  | "scale_conflict"
  /** None of a slide: `scale` would make it `size` large. */
  | "scale_out_of_range"
  /** At the model's scale it is larger than the service takes. */
  | "too_large"
  /** The file was moved or removed since it was chosen, or may not be read. */
  | "unreadable";

export type SlideDetails = Readonly<Record<string, string>>;

export class SlideError extends Error {
  constructor(
    readonly problem: SlideProblem,
    readonly details: SlideDetails = {},
  ) {
    super(problem);
    this.name = "SlideError";
  }
}

/** What went wrong as a `SlideError`: what the browser reports of a file is that it cannot be read. */
export function slideErrorOf(error: unknown): SlideError {
  if (error instanceof SlideError) {
    return error;
  }
  const isOfFile = error instanceof DOMException && error.name.startsWith("Not");
  return new SlideError(isOfFile ? "unreadable" : "corrupt");
}
