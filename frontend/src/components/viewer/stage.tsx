import { useTranslations } from "next-intl";
import { Pane } from "@/components/viewer/pane";
import type { Picture } from "@/components/viewer/use-picture";
import type { Viewport } from "@/components/viewer/use-viewport";
import { ZoomButtons } from "@/components/viewer/zoom-buttons";
import type { PredictionResult } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { plainScene, type Scene } from "@/lib/result/paint";
import type { Point } from "@/lib/result/viewport";

interface StageProps {
  result: PredictionResult;
  isSideBySide: boolean;
  scene: Scene | null;
  picture: Picture;
  viewport: Viewport;
  onPoint: (point: Point | null) => void;
}

/** Where the image lies: one pane with the evidence over it, or one without beside one with. */
export function Stage(props: StageProps) {
  const { result, isSideBySide, scene, picture, viewport, onPoint } = props;
  const t = useTranslations("result.viewer");
  const { width, height } = result.image;
  const shared = { viewport, onPoint };
  return (
    <div
      className={cn(
        "relative grid max-h-[78svh] min-h-72 lg:max-h-[calc(100svh-16rem)] w-full overflow-hidden bg-stage print:max-h-[50mm] print:min-h-0 print:bg-transparent",
        isSideBySide && "grid-cols-2 gap-px bg-line",
      )}
      style={{ aspectRatio: `${width} / ${height}` }}
    >
      <div ref={viewport.paneRef} className="grid min-h-0 min-w-0 bg-stage print:bg-transparent">
        <Pane
          label={isSideBySide ? t("pane.image") : t("pane.evidence")}
          scene={scene && isSideBySide ? plainScene(scene) : scene}
          {...shared}
        >
          <InitialImage picture={picture} isDrawn={scene !== null && picture.element !== null} />
        </Pane>
      </div>
      {isSideBySide && (
        <div className="grid min-h-0 min-w-0 bg-stage print:bg-transparent">
          <Pane label={t("pane.evidence")} scene={scene} {...shared} />
        </div>
      )}
      <ZoomButtons viewport={viewport} />
      {!picture.source && (
        <p className="absolute inset-x-3 top-3 mr-12 w-fit rounded-sm bg-surface px-3 py-2 text-sm">
          {t("no_picture")}
        </p>
      )}
    </div>
  );
}

/** The image as it comes from the server, before anything can be drawn; then it is loaded only. */
function InitialImage({ picture, isDrawn }: { picture: Picture; isDrawn: boolean }) {
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
