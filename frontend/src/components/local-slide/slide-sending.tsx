import { ArrowRight } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import type { Preparation } from "@/components/local-slide/use-slide-picture";
import type { Asking } from "@/components/local-slide/use-slide-question";
import { AnalysisStatus } from "@/components/shared/analysis-status";
import { Problem } from "@/components/shared/problem";
import { ProgressLine } from "@/components/shared/progress-line";
import { Button, ButtonLink } from "@/components/ui/button";
import { useFileSize } from "@/hooks/use-file-size";
import type { LocalSlide } from "@/lib/slide/local-slide";
import type { SlidePicture } from "@/lib/slide/picture";

interface SlideSendingProps {
  slide: LocalSlide;
  preparation: Preparation;
  micronsPerPixel: number;
  asking: Asking;
  onAsk: (picture: SlidePicture) => void;
  onCancel: () => void;
}

/** States what will be sent before sending, then shows the service's progress. */
export function SlideSending(props: SlideSendingProps) {
  const { slide, preparation, asking, onAsk, onCancel } = props;
  const common = useTranslations("common");
  const { picture, share } = preparation;
  const isUnderWay = asking.phase === "uploading" || asking.phase === "analysing";
  const mayAsk = picture !== null && (asking.phase === "idle" || asking.phase === "cancelled");
  return (
    <div className="grid gap-4 border-t p-4">
      {!picture && <Preparing name={slide.file.name} share={share} />}
      {picture && asking.phase !== "done" && <Leaving {...props} picture={picture} />}
      <Status {...props} />
      <div className="flex flex-wrap gap-2">
        {mayAsk && <SendButton picture={picture} onAsk={onAsk} isAgain={asking.phase !== "idle"} />}
        {isUnderWay && (
          <Button variant="outline" onClick={onCancel}>
            {common("cancel")}
          </Button>
        )}
      </div>
    </div>
  );
}

function Preparing({ name, share }: { name: string; share: number }) {
  const t = useTranslations("slide.picture");
  const format = useFormatter();
  const percent = Math.floor(100 * share);
  const text = t("preparing", { share: format.number(percent / 100, { style: "percent" }) });
  return <ProgressLine name={name} percent={percent} text={text} />;
}

function Leaving({
  slide,
  picture,
  micronsPerPixel,
}: SlideSendingProps & { picture: SlidePicture }) {
  const t = useTranslations("slide.picture");
  const bytes = useFileSize();
  const { width, height, png } = picture;
  return (
    <div className="grid max-w-prose gap-1 text-sm" data-testid="leaving">
      <h3 className="font-semibold">{t("title")}</h3>
      <p>{t("text", { bytes: bytes(png.size), microns: micronsPerPixel, width, height })}</p>
      <p className="text-muted">{t("rest", { bytes: bytes(slide.file.size) })}</p>
    </div>
  );
}

interface SendButtonProps {
  picture: SlidePicture;
  isAgain: boolean;
  onAsk: (picture: SlidePicture) => void;
}

function SendButton({ picture, isAgain, onAsk }: SendButtonProps) {
  const t = useTranslations("slide");
  const bytes = useFileSize();
  const name = isAgain ? t("again") : t("picture.send", { bytes: bytes(picture.png.size) });
  return <Button onClick={() => onAsk(picture)}>{name}</Button>;
}

function Status({ slide, preparation, asking, onAsk }: SlideSendingProps) {
  const t = useTranslations("slide");
  const format = useFormatter();
  const { name } = slide.file;
  const { picture } = preparation;
  switch (asking.phase) {
    case "idle":
      return null;
    case "cancelled":
      return (
        <p role="status" className="text-muted text-sm">
          {t("phase.cancelled")}
        </p>
      );
    case "uploading": {
      const percent = Math.floor(100 * asking.share);
      const share = format.number(percent / 100, { style: "percent" });
      return <ProgressLine name={name} percent={percent} text={t("phase.uploading", { share })} />;
    }
    case "analysing":
      return asking.analysis.image ? (
        <div className="grid gap-2">
          <AnalysisStatus name={name} analysis={asking.analysis} />
          <p className="text-muted text-sm">{t("preliminary")}</p>
        </div>
      ) : (
        <ProgressLine name={name} percent={null} text={t("phase.waiting")} />
      );
    case "failed":
      return <Problem error={asking.error} {...(picture && { onRetry: () => onAsk(picture) })} />;
    case "done":
      return (
        <div className="grid justify-items-start gap-3">
          <p role="status">{t("phase.done", { count: asking.result.region?.foci.length ?? 0 })}</p>
          <ButtonLink href={`/results/${asking.result.id}`}>
            {t("see")}
            <ArrowRight aria-hidden="true" />
          </ButtonLink>
        </div>
      );
  }
}
