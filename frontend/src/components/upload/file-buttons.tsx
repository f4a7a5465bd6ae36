"use client";

import { Camera, ImageUp } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ChangeEvent, useRef } from "react";
import { Button } from "@/components/ui/button";
import { useAccept } from "@/hooks/use-accept";

interface FileButtonsProps {
  isProminent: boolean;
  onFiles: (files: readonly File[]) => void;
}

/** Chooses files, or takes a photograph where the device is held in the hand. */
export function FileButtons({ isProminent, onFiles }: FileButtonsProps) {
  const t = useTranslations("upload");
  const files = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);

  function take({ currentTarget }: ChangeEvent<HTMLInputElement>) {
    onFiles([...(currentTarget.files ?? [])]);
    // So that the same file can be chosen again.
    currentTarget.value = "";
  }

  const accept = useAccept();
  const hidden = { type: "file", className: "hidden", onChange: take };
  const size = isProminent ? "default" : "sm";
  return (
    <div className="flex flex-wrap gap-2">
      <input ref={files} {...hidden} multiple accept={accept} />
      {/* Phones open the camera only if the input accepts nothing but pictures. */}
      <input ref={camera} {...hidden} accept="image/*" capture="environment" />
      <Button
        size={size}
        variant={isProminent ? "default" : "outline"}
        onClick={() => files.current?.click()}
      >
        <ImageUp aria-hidden="true" />
        {isProminent ? t("choose") : t("choose_more")}
      </Button>
      <span className="hidden pointer-coarse:contents">
        <Button size={size} variant="outline" onClick={() => camera.current?.click()}>
          <Camera aria-hidden="true" />
          {t("photo")}
        </Button>
      </span>
    </div>
  );
}
