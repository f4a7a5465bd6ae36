import { errorOfInterruption } from "@/lib/api/error";
import type { PredictionResult, StreamEvent } from "@/lib/api/schema";
import { LineCutter } from "@/lib/upload/lines";
import { errorOfEvent, type ProgressEvent, readEvent } from "@/lib/upload/stream-event";

/** Reads a streamed prediction while its text grows. */
export class StreamedResponse {
  private readonly lines = new LineCutter();
  private length = 0;
  private result: PredictionResult | null = null;

  /** @param tell Called with the events that arrived together, before the result. */
  constructor(private readonly tell: (events: readonly ProgressEvent[]) => void) {}

  get hasBegun(): boolean {
    return this.length > 0;
  }

  /**
   * Continue reading.
   *
   * @param text All of the response so far.
   * @throws ApiError of the event `error`, or as `readEvent`.
   */
  readAll(text: string): void {
    const piece = text.slice(this.length);
    this.length = text.length;
    const progress = this.lines.push(piece).flatMap((line) => this.take(readEvent(line)));
    if (progress.length > 0) {
      this.tell(progress);
    }
  }

  /**
   * The result, once the whole response was read.
   *
   * @throws ApiError as `errorOfInterruption` if it ended without one.
   */
  end(): PredictionResult {
    if (!this.result) {
      throw errorOfInterruption();
    }
    return this.result;
  }

  private take(event: StreamEvent | null): readonly ProgressEvent[] {
    if (event?.event === "error") {
      throw errorOfEvent(event);
    }
    if (event?.event === "result") {
      this.result = event.result;
    }
    return event && event.event !== "result" ? [event] : [];
  }
}
