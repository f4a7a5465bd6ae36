import type { PredictionResult } from "@/lib/api/schema";
import { tileTint } from "@/lib/result/colours";
import { fociAt } from "@/lib/result/foci";
import { emptyTiles, outlineOf, type Rect, tissueTiles } from "@/lib/result/geometry";
import { DASH_CSS_PIXELS, HATCH_COLOUR, LINE_CSS_PIXELS, PAPER } from "@/lib/result/paint";
import { INK } from "@/lib/result/paint-text";
import { bandOfResult, sideOf } from "@/lib/threshold/threshold";

// The viewer's lines have a fixed distance on screen; these are set for a slightly smaller picture.
const HATCH_PIXELS = 10;

/** The viewer's drawing over the picture, rendered by the server with the page. */
export function StillMap({ result }: { result: PredictionResult }) {
  const { image, threshold } = result;
  const rule = { threshold, band: bandOfResult(result) };
  const tiles = tissueTiles(result);
  const dashed = outlineOf(
    tiles.filter(({ probability }) => sideOf(rule, probability) === "inconclusive"),
  );
  const foci = fociAt(result, threshold).flatMap(({ polygon }) => polygon);
  return (
    <svg
      viewBox={`0 0 ${image.width} ${image.height}`}
      fill="none"
      aria-hidden="true"
      className="pointer-events-none absolute inset-0 size-full *:[vector-effect:non-scaling-stroke]"
    >
      <path d={emptyTiles(result).map(hatched).join("")} stroke={HATCH_COLOUR} />
      {tiles.map(({ probability, row, column, ...place }) => {
        const { colour, opacity } = tileTint(probability, threshold);
        return (
          <rect
            key={`${row} ${column}`}
            {...place}
            fill={`rgb(${colour.join(" ")} / ${opacity.toFixed(3)})`}
            shapeRendering="crispEdges"
          />
        );
      })}
      <Line
        d={dashed.map(([x, y, toX, toY]) => `M${x} ${y}L${toX} ${toY}`).join("")}
        dashes={DASH_CSS_PIXELS.join(" ")}
      />
      <Line
        d={foci.map((ring) => `M${ring.map((point) => point.join(" ")).join("L")}Z`).join("")}
      />
    </svg>
  );
}

/** Dark on light, as the viewer's lines are. */
function Line({ d, dashes }: { d: string; dashes?: string }) {
  return [PAPER, INK].map((colour, place) => (
    <path
      key={colour}
      d={d}
      stroke={colour}
      strokeWidth={LINE_CSS_PIXELS[place]}
      strokeLinecap="square"
      strokeDasharray={dashes}
    />
  ));
}

/** Lines across a tile from the lower left to the upper right. */
function hatched({ x, y, width, height }: Rect): string {
  const lines: string[] = [];
  const first = Math.ceil((x + y) / HATCH_PIXELS) * HATCH_PIXELS;
  for (let sum = first; sum < x + y + width + height; sum += HATCH_PIXELS) {
    const [left, right] = [Math.max(x, sum - y - height), Math.min(x + width, sum - y)];
    lines.push(`M${left} ${sum - left}L${right} ${sum - right}`);
  }
  return lines.join("");
}
