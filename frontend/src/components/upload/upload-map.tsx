"use client";

import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useEffect } from "react";
import { useTileMap } from "@/components/upload/use-tile-map";
import type { Upload } from "@/lib/upload/uploads";

// Home is drawn without it; it is there before the first tiles are.
const loadTileMap = () => import("@/components/upload/tile-map").then(({ TileMap }) => TileMap);
const loadLegendBar = () =>
  import("@/components/viewer/legend-bar").then(({ LegendBar }) => LegendBar);
// Each has a Suspense boundary of its own: the texts beside it do not wait for its code.
const TileMap = dynamic(loadTileMap, { loading: () => null });
const LegendBar = dynamic(loadLegendBar, { loading: () => null });

/** Over the picture of an upload: its tiles, while they come and afterwards. */
export function UploadMap({ upload }: { upload: Upload }) {
  const map = useTileMap(upload);
  useEffect(() => {
    // Without it there is no map; the verdict comes all the same.
    Promise.all([loadTileMap(), loadLegendBar()]).catch(() => undefined);
  }, []);
  return map && <TileMap {...map} />;
}

/** What the colours of an upload's map mean. */
export function UploadLegend({ upload }: { upload: Upload }) {
  const t = useTranslations("upload.map");
  const map = useTileMap(upload);
  const caption = t(upload.progress.phase === "done" ? "averaged" : "preliminary");
  return (
    map && <LegendBar measure="tiles" threshold={map.threshold} opacity={1} caption={caption} />
  );
}
