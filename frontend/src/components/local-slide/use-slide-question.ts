import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { usePublicApiUrl } from "@/components/shell/providers";
import { send } from "@/lib/api/client";
import type { PredictionResult } from "@/lib/api/schema";
import { rememberResult } from "@/lib/result/session";
import { askForSlide } from "@/lib/slide/ask";
import { keepHandle } from "@/lib/slide/handles";
import type { LocalSlide } from "@/lib/slide/local-slide";
import { rememberSlide } from "@/lib/slide/opened-slides";
import type { SlidePicture } from "@/lib/slide/picture";
import { type Analysis, advance, NO_ANALYSIS } from "@/lib/upload/analysis";
import type { ProgressEvent } from "@/lib/upload/stream-event";
import { type Ticket, Visit } from "@/lib/upload/visit";

/** Progress of the request to the service. */
export type Asking =
  | { phase: "idle" | "cancelled" }
  | { phase: "uploading"; share: number }
  | { phase: "analysing"; analysis: Analysis }
  | { phase: "failed"; error: unknown }
  | { phase: "done"; result: PredictionResult };

interface SlideOptions {
  operatingPoint: string | null;
  save: boolean;
}

/** Requests a slide's result when the visitor asks for it, and follows the response. */
export function useSlideQuestion(slide: LocalSlide, { operatingPoint, save }: SlideOptions) {
  const client = useQueryClient();
  const publicApiUrl = usePublicApiUrl();
  const [visit] = useState(() => new Visit(() => send<Ticket>("POST", "/tickets")));
  const [asking, setAsking] = useState<Asking>({ phase: "idle" });
  const run = useRef<AbortController | null>(null);
  useEffect(() => () => run.current?.abort(), []);

  function ended(result: PredictionResult, picture: SlidePicture): void {
    rememberSlide(result.id, slide);
    const name = slide.file.name;
    rememberResult(client, result, new File([picture.png], name, { type: picture.png.type }));
    if (result.saved) {
      keepHandle(result.id, slide.file);
      client.invalidateQueries({ queryKey: ["history", "page"] });
      client.invalidateQueries({ queryKey: ["history", "statistics"] });
    }
    setAsking({ phase: "done", result });
  }

  async function ask(picture: SlidePicture): Promise<void> {
    const controller = new AbortController();
    run.current = controller;
    const { signal } = controller;
    const question = { facts: slide.facts, picture, operatingPoint, save };
    setAsking({ phase: "uploading", share: 0 });
    try {
      const result = await askForSlide(publicApiUrl, visit, question, {
        signal,
        onProgress: (share) => !signal.aborted && setAsking(afterShare(share)),
        onEvents: (events) => !signal.aborted && setAsking((before) => afterEvents(before, events)),
      });
      if (!signal.aborted) {
        ended(result, picture);
      }
    } catch (error) {
      if (!signal.aborted) {
        setAsking({ phase: "failed", error });
      }
    }
  }

  function cancel(): void {
    run.current?.abort();
    setAsking({ phase: "cancelled" });
  }

  return { asking, ask, cancel };
}

/** The service begins when everything is sent. */
function afterShare(share: number): Asking {
  return share < 1 ? { phase: "uploading", share } : { phase: "analysing", analysis: NO_ANALYSIS };
}

function afterEvents(before: Asking, events: readonly ProgressEvent[]): Asking {
  const now = performance.now();
  const known = before.phase === "analysing" ? before.analysis : NO_ANALYSIS;
  const analysis = events.reduce((found, event) => advance(found, event, now), known);
  return { phase: "analysing", analysis };
}
