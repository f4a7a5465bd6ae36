import { SlideError } from "@/lib/slide/error";
import type { PictureLimits, SlidePicture } from "@/lib/slide/picture";
import type { Answer, Requests, SlideFacts } from "@/lib/slide/protocol";
import type { ViewRequest } from "@/lib/slide/view";

interface Waiting {
  resolve: (answer: unknown) => void;
  reject: (error: unknown) => void;
  onShare: (share: number) => void;
}

/** A slide on the visitor's disk, which a worker reads by ranges. */
export class LocalSlide {
  private constructor(
    readonly file: File,
    readonly facts: SlideFacts,
    private readonly worker: SlideWorker,
  ) {}

  /**
   * Open a file.
   *
   * @param micronsPerPixel Scale of level 0 stated by a person; null uses the file's own.
   * @throws SlideError Why it cannot be opened.
   */
  static async open(file: File, micronsPerPixel: number | null): Promise<LocalSlide> {
    const worker = new SlideWorker();
    try {
      const facts = await worker.ask("open", { file, micronsPerPixel });
      return new LocalSlide(file, facts, worker);
    } catch (error) {
      worker.close();
      throw error;
    }
  }

  /** A part of it for the screen. */
  view(request: ViewRequest): Promise<ImageBitmap> {
    return this.worker.ask("view", request);
  }

  /** The picture that is sent, see `makePicture`. */
  picture(limits: PictureLimits, onShare: (share: number) => void): Promise<SlidePicture> {
    return this.worker.ask("picture", limits, onShare);
  }

  /** Release the file; pending requests fail. */
  close(): void {
    this.worker.close();
  }
}

class SlideWorker {
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), {
    type: "module",
  });
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => this.hear(data);
    this.worker.onerror = () => this.close();
  }

  ask<Kind extends keyof Requests>(
    kind: Kind,
    asked: Requests[Kind]["asked"],
    onShare: (share: number) => void = () => undefined,
  ): Promise<Requests[Kind]["answer"]> {
    const id = this.nextId++;
    return new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, onShare });
      this.worker.postMessage({ id, kind, asked });
    }) as Promise<Requests[Kind]["answer"]>;
  }

  close(): void {
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) {
      reject(new SlideError("unreadable"));
    }
    this.waiting.clear();
  }

  private hear(answer: Answer): void {
    const waiting = this.waiting.get(answer.id);
    if (answer.type === "share") {
      waiting?.onShare(answer.share);
      return;
    }
    this.waiting.delete(answer.id);
    if (answer.type === "done") {
      waiting?.resolve(answer.answer);
    } else {
      waiting?.reject(new SlideError(answer.problem, answer.details));
    }
  }
}
