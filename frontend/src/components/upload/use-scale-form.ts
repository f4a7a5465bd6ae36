"use client";

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { modelQuery } from "@/lib/api/queries";
import type { PixelSize } from "@/lib/upload/image-header";
import { fieldsAt, oddFieldOf } from "@/lib/upload/scale";
import { micronsOf, ownScale, type ScaleChoice, scaleChoices } from "@/lib/upload/scale-choice";
import { maxMicrons, readMicrons } from "@/lib/upload/settings";
import type { AskingUpload } from "@/lib/upload/uploads";

/** The largest scale that may be typed until the service states its own, in µm per pixel. */
const MOST_MICRONS = 32;

export type ScaleProblem = "missing" | "missing_microns" | "unconfirmed";

/** The visitor's entries about the scale of images so far, and what is missing. */
export function useScaleForm(
  uploads: readonly AskingUpload[],
  onState: (microns: number | null) => void,
) {
  const { data: model } = useQuery(modelQuery);
  const [choice, setChoice] = useState<ScaleChoice | null>(null);
  const [typed, setTyped] = useState("");
  const [confirmed, setConfirmed] = useState<number | null>(null);
  const [problem, setProblem] = useState<ScaleProblem | null>(null);
  const max = maxMicrons(model);
  const isField = uploads[0]?.progress.question === "field";
  const own = isField ? ownScale(uploads) : null;
  const sizes = uploads.map(({ progress }) => progress.facts.size);
  const scales = { own, typed: readMicrons(typed, max) };
  const microns = micronsOf(choice, scales);
  const odd = microns === null ? null : oddFieldOf(sizes, microns);

  function isOfField(size: PixelSize | null): boolean {
    const [field] = microns === null ? [] : fieldsAt([size], microns);
    return field?.width === odd?.field.width && field?.height === odd?.field.height;
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    const missing = choice === "microns" ? "missing_microns" : "missing";
    const found = microns === null ? missing : odd && confirmed !== microns ? "unconfirmed" : null;
    setProblem(found);
    if (!found) {
      // A file's own scale is kept: null means as stated in the file.
      onState(choice === "own" ? null : microns);
    }
  }

  function change(act: () => void) {
    setProblem(null);
    act();
  }

  return {
    choices: scaleChoices(own !== null),
    choice,
    choose: (next: ScaleChoice) => change(() => setChoice(next)),
    typed,
    type: (text: string) => change(() => setTyped(text)),
    /** Largest scale that may be typed. */
    max: Number.isFinite(max) ? max : MOST_MICRONS,
    scaleOf: (of: ScaleChoice) => micronsOf(of, scales),
    sizes,
    odd,
    /** The name of the image with that field. */
    oddName: uploads.find(({ progress }) => isOfField(progress.facts.size))?.file.name ?? "",
    isConfirmed: microns !== null && confirmed === microns,
    confirm: (is: boolean) => change(() => setConfirmed(is ? microns : null)),
    problem,
    submit,
  };
}

export type ScaleForm = ReturnType<typeof useScaleForm>;
