import { useTranslations } from "next-intl";
import { type ComponentProps, useMemo, useRef } from "react";
import { Minimap } from "@/components/viewer/minimap";
import { Pane } from "@/components/viewer/pane";
import { PrintPicture } from "@/components/viewer/print-picture";
import { RulerStatus } from "@/components/viewer/ruler-status";
import { ScaleBar } from "@/components/viewer/scale-bar";
import { ToolButtons } from "@/components/viewer/tool-buttons";
import type { Picture } from "@/components/viewer/use-picture";
import type { Ruler } from "@/components/viewer/use-ruler";
import type { PredictionResult } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { imageScale, type Tile } from "@/lib/result/geometry";
import { plainScene, type Scene } from "@/lib/result/paint";
import { type PictureSource, pictureSource } from "@/lib/viewer/picture-source";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

/** A picture for the stage, from any source. */
interface StagePicture extends Pick<Picture, "source" | "element" | "file"> {
  imgProps: ComponentProps<"img">;
}

interface StageProps {
  result: PredictionResult;
  isSideBySide: boolean;
  /** Whether it fills the available height instead of following its picture. */
  isFilling: boolean;
  scene: Scene | null;
  picture: StagePicture;
  /** A slide in all its resolutions, in place of the picture; null where there is none. */
  slide?: PictureSource | null;
  tiles: readonly Tile[];
  selected: Tile | null;
  store: ViewportStore;
  screen: { isFull: boolean; isPossible: boolean; toggle: () => void };
  ruler: Ruler;
  barLabel: (microns: number) => string;
}

/** The image: one pane with the evidence over it, or two panes, one without it. */
export function Stage(props: StageProps) {
  const { result, isSideBySide, isFilling, picture, tiles, selected, store, screen, ruler } = props;
  const t = useTranslations("result.viewer");
  const minimap = useRef<HTMLDivElement>(null);
  const { image } = result;
  const ofPicture = useSource(result, picture);
  const { scene, slide = null } = props;
  const source = slide ?? ofPicture;
  const shared = { source, store, tiles, selected, ruler };
  return (
    <div
      className={cn(
        "relative grid w-full overflow-hidden bg-stage print:max-h-[60mm] print:min-h-0 print:bg-transparent",
        isFilling ? "min-h-0 flex-1" : "max-h-[62svh] min-h-72 lg:max-h-[calc(100svh-19rem)]",
        isSideBySide && "grid-cols-2 gap-px bg-line",
      )}
      style={isFilling ? undefined : { aspectRatio: `${image.width} / ${image.height}` }}
    >
      <div className="grid min-h-0 min-w-0 bg-stage print:hidden">
        <Pane
          label={isSideBySide ? t("pane.image") : t("pane.evidence")}
          scene={scene && isSideBySide ? plainScene(scene) : scene}
          minimap={minimap}
          {...shared}
        >
          {(isDrawn) => <InitialImage picture={picture} isDrawn={isDrawn} />}
        </Pane>
      </div>
      {isSideBySide && (
        <div className="grid min-h-0 min-w-0 bg-stage print:hidden">
          <Pane label={t("pane.evidence")} scene={scene} {...shared} />
        </div>
      )}
      <ToolButtons
        store={store}
        ruler={ruler}
        isFull={screen.isFull}
        onFull={screen.isPossible ? screen.toggle : null}
      />
      <RulerStatus ruler={ruler} />
      <PrintPicture scene={scene} />
      <Minimap ref={minimap} store={store} image={image} />
      <ScaleBar store={store} micronsPerPixel={imageScale(image)[0]} labelOf={props.barLabel} />
      {!picture.source && !slide && (
        <p className="absolute inset-x-3 top-3 mr-12 w-fit rounded-sm bg-surface px-3 py-2 text-sm">
          {t("no_picture")}
        </p>
      )}
    </div>
  );
}

/** The panes' source of the picture; null until it is loaded. */
function useSource({ image }: PredictionResult, { element, file, source }: StagePicture) {
  const isReady = element !== null || source === null;
  return useMemo(
    () => (isReady ? pictureSource(image, element && { element, file }) : null),
    [image, element, file, isReady],
  );
}

/** The image from the server, shown before anything can be drawn; afterwards it is only loaded. */
function InitialImage({ picture, isDrawn }: { picture: StagePicture; isDrawn: boolean }) {
  const t = useTranslations("result.viewer");
  if (!picture.source) {
    return null;
  }
  return (
    // biome-ignore lint/performance/noImgElement: the visitor's own picture, not one to be optimised
    <img
      key={picture.source}
      src={picture.source}
      alt={t("image_alt")}
      fetchPriority="high"
      draggable={false}
      className={cn("pixelated absolute inset-0 size-full object-contain", isDrawn && "opacity-0")}
      {...picture.imgProps}
    />
  );
}
