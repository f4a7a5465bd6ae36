"use client";

import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { type ReactNode, useRef, useState } from "react";
import { NotLoaded } from "@/components/shared/not-loaded";
import { Announcer } from "@/components/upload/announcer";
import { type Sample, Samples } from "@/components/upload/samples";
import { SettingsPanel } from "@/components/upload/settings-panel";
import { Stage } from "@/components/upload/stage";
import { useFileIntake } from "@/components/upload/use-file-intake";
import { useUploads } from "@/components/upload/use-uploads";
import { modelQuery } from "@/lib/api/queries";
import { mayBeSlide } from "@/lib/slide/names";
import { DRAWING_MICRONS } from "@/lib/upload/drawings";
import { maxMicrons, optionsOf, type PredictOptions } from "@/lib/upload/settings";

type Notice = "scale_missing" | "sample_failed" | "one_slide";

// Home is drawn without it.
const LocalSlidePanel = dynamic(() =>
  import("@/components/local-slide/local-slide")
    .then(({ LocalSlidePanel: panel }) => panel)
    .catch(() => NotLoaded),
);

interface DroppedSlide {
  file: File;
  options: PredictOptions;
  /** A file that is added again is opened anew: its scale may be stated now. */
  number: number;
}

interface WorkbenchProps {
  samples: readonly Sample[];
  /** Content until there is an image; null if there is none. */
  example: ReactNode;
}

/** The place where images are added, queued and analysed. */
export function Workbench({ samples, example }: WorkbenchProps) {
  const t = useTranslations("upload");
  const [uploads, queue] = useUploads();
  const { data: model } = useQuery(modelQuery);
  const [notice, setNotice] = useState<Notice | null>(null);
  const micronsField = useRef<HTMLInputElement>(null);
  const [slide, setSlide] = useState<DroppedSlide | null>(null);
  const isOver = useFileIntake(take);

  function take(files: readonly File[]) {
    if (files.length === 0) {
      return;
    }
    const options = optionsOf(uploads.settings, maxMicrons(model));
    if (!options) {
      setNotice("scale_missing");
      micronsField.current?.focus();
      return;
    }
    setNotice(null);
    if (files.some(({ name }) => mayBeSlide(name))) {
      takeSlides(files, options);
    } else {
      queue.add(files, options);
    }
  }

  async function takeSlides(files: readonly File[], options: PredictOptions) {
    const limits = {
      maxPixels: model?.limits.max_pixels ?? Number.POSITIVE_INFINITY,
      maxBytes: model?.limits.max_upload_bytes ?? Number.POSITIVE_INFINITY,
    };
    const slides = await import("@/lib/slide/sniff").then(
      ({ slidesAmong }) => slidesAmong(files, limits),
      // The panel says that the network is gone.
      () => files.filter(({ name }) => mayBeSlide(name)),
    );
    const [file] = slides;
    const others = files.filter((each) => !slides.includes(each));
    if (others.length > 0) {
      queue.add(others, options);
    }
    if (file) {
      setSlide((before) => ({ file, options, number: (before?.number ?? 0) + 1 }));
      setNotice(slides.length > 1 ? "one_slide" : null);
    }
  }

  async function takeSample({ address }: Sample) {
    const picture = await fetch(address)
      .then((response) => (response.ok ? response.blob() : null))
      .catch(() => null);
    setNotice(picture ? null : "sample_failed");
    if (picture) {
      const { operatingPoint, saveNothing } = uploads.settings;
      const name = address.replace(/^.*\//, "");
      queue.add([new File([picture], name, { type: picture.type })], {
        operatingPoint,
        micronsPerPixel: DRAWING_MICRONS,
        save: !saveNothing,
      });
    }
  }

  return (
    <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_19rem]">
      <div className="grid gap-6">
        {slide && <LocalSlidePanel key={slide.number} {...slide} onClose={() => setSlide(null)} />}
        {(!slide || uploads.items.length > 0) && (
          <Stage uploads={uploads} queue={queue} example={example} onFiles={take} />
        )}
        {notice && (
          <p role="alert" className="border-edge border-l-2 pl-3 text-sm">
            {t(`notice.${notice}`)}
          </p>
        )}
        <Samples samples={samples} onChoose={takeSample} />
      </div>
      <SettingsPanel
        settings={uploads.settings}
        onChange={(settings) => queue.set(settings)}
        micronsField={micronsField}
      />
      <Announcer {...uploads} />
      {isOver && (
        <div className="pointer-events-none fixed inset-2 z-40 grid place-items-center rounded-lg border-2 border-accent border-dashed bg-accent-soft/90 font-semibold text-accent text-xl">
          {t("release")}
        </div>
      )}
    </div>
  );
}
