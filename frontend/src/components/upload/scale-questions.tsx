"use client";

import dynamic from "next/dynamic";
import { NotLoaded } from "@/components/shared/not-loaded";
import type { UploadQueue } from "@/lib/upload/upload-queue";
import { type AskingUpload, askingFor, type Uploads } from "@/lib/upload/uploads";

// Home is drawn without it; few images ask.
const ScaleQuestion = dynamic(() =>
  import("@/components/upload/scale-question")
    .then(({ ScaleQuestion }) => ScaleQuestion)
    .catch(() => NotLoaded),
);
const QUESTIONS = ["unknown", "contradiction", "field"] as const;

interface ScaleQuestionsProps {
  uploads: Pick<Uploads, "items">;
  queue: UploadQueue;
  /** Of what holds a question and its border. */
  className?: string;
}

/** A question for each reason to ask, about all the images that have it. */
export function ScaleQuestions({ uploads, queue, className }: ScaleQuestionsProps) {
  return QUESTIONS.map((question) => {
    const [first, ...others] = askingFor(uploads, question);
    const asked: [AskingUpload, ...AskingUpload[]] | null = first ? [first, ...others] : null;
    return (
      asked && (
        <div key={question} className={className}>
          <div className="max-w-2xl">
            <ScaleQuestion
              uploads={asked}
              onState={(microns) =>
                queue.stateScale(
                  asked.map(({ id }) => id),
                  microns,
                )
              }
            />
          </div>
        </div>
      )
    );
  });
}
