import { CHART_GRID, FIRST, HALVES, THIRDS } from "@/components/dashboard/charts";
import { FIGURE, STRIP } from "@/components/dashboard/figures";
import { cn } from "@/lib/class-names";

const SEVEN = [
  ...["results", "malignant", "uncertain", "not_assessable", "median", "p95", "agreement"],
];
const TWO = ["probability", "hours"];
const THREE = ["reviews", "times", "models"];

/** The page's parts in their places and sizes, before there are numbers. */
export function DashboardSkeleton() {
  return (
    <div aria-hidden="true">
      <div className={STRIP}>
        {SEVEN.map((name) => (
          <div key={name} className={FIGURE}>
            <Blank className="h-4 w-24" />
            <Blank className="mt-2 h-7 w-16" />
          </div>
        ))}
      </div>
      <div className={CHART_GRID}>
        <div className={FIRST}>
          <BlankFigure height="h-40" />
          <BlankFigure height="h-72" />
        </div>
        <div className={HALVES}>
          {TWO.map((name) => (
            <BlankFigure key={name} height="h-72" />
          ))}
        </div>
        <div className={THIRDS}>
          {THREE.map((name) => (
            <BlankFigure key={name} height="h-40" />
          ))}
        </div>
      </div>
    </div>
  );
}

function BlankFigure({ height }: { height: string }) {
  return (
    <figure className="pt-4">
      <figcaption>
        <Blank className="h-6 w-48 max-w-full" />
      </figcaption>
      <Blank className={cn("mt-3", height)} />
    </figure>
  );
}

function Blank({ className }: { className: string }) {
  return <div className={cn("rounded-sm bg-raised", className)} />;
}
