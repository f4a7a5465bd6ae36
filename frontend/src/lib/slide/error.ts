/** Why a slide cannot be opened or read here. */
export type SlideProblem =
  /** A format, named by `format`, that this page cannot read. */
  | "format"
  /** A TIFF whose compression or pixel type is not supported here. */
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
  /** The file was moved or removed since it was chosen, or cannot be accessed. */
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

/** Converts an error to a `SlideError`; errors of the browser mean that the file cannot be read. */
export function slideErrorOf(error: unknown): SlideError {
  if (error instanceof SlideError) {
    return error;
  }
  const isOfFile = error instanceof DOMException && error.name.startsWith("Not");
  return new SlideError(isOfFile ? "unreadable" : "corrupt");
}
