import { SlideError, slideErrorOf } from "@/lib/slide/error";
import { fingerprintOf } from "@/lib/slide/fingerprint";
import { foreignKind } from "@/lib/slide/kinds";
import { type OpenedSlide, openSlide } from "@/lib/slide/open-slide";
import { makePicture } from "@/lib/slide/picture";
import type { Answer, Question, Requests, SlideFacts } from "@/lib/slide/protocol";
import { Turns } from "@/lib/slide/turns";
import { SlideView } from "@/lib/slide/view";

/** Reads one slide, in a worker of the page that shows it. */

let opened: { slide: OpenedSlide; view: SlideView } | null = null;
const turns = new Turns();

function tell(answer: Answer, moved: Transferable[] = []): void {
  // TypeScript's DOM library declares another function of this name.
  (self as unknown as { postMessage(message: Answer, moved: Transferable[]): void }).postMessage(
    answer,
    moved,
  );
}

async function open({ file, micronsPerPixel }: Requests["open"]["asked"]): Promise<SlideFacts> {
  const format = await foreignKind(file);
  if (format) {
    throw new SlideError("format", { format });
  }
  const slide = await openSlide(file, micronsPerPixel);
  opened = { slide, view: new SlideView(slide) };
  const [{ width, height }] = slide.levels;
  const { scale, scaleSource } = slide;
  return { width, height, scale, scaleSource, fingerprint: await fingerprintOf(file) };
}

async function answer(question: Question): Promise<unknown> {
  if (question.kind === "open") {
    return open(question.asked);
  }
  if (!opened) {
    throw new Error("no slide is open");
  }
  const { slide, view } = opened;
  if (question.kind === "view") {
    return turns.view(() => view.part(question.asked));
  }
  await turns.begin();
  const onShare = (share: number) => tell({ id: question.id, type: "share", share });
  return makePicture(slide, question.asked, onShare, () => turns.pass());
}

self.addEventListener("message", async ({ data }: MessageEvent<Question>) => {
  try {
    const found = await answer(data);
    const moved = found instanceof ImageBitmap ? [found] : [];
    tell({ id: data.id, type: "done", answer: found }, moved);
  } catch (error) {
    const { problem, details } = slideErrorOf(error);
    tell({ id: data.id, type: "failed", problem, details });
  }
});
