import { describe, expect, it } from "vitest";
import { linePath, place } from "@/lib/threshold/plot";

describe("linePath", () => {
  it("joins points, with y up", () => {
    expect(
      linePath([
        { x: 0, y: 0 },
        { x: 0.5, y: 0.25 },
        { x: 1, y: 1 },
      ]),
    ).toBe("M0 100L50 75L100 0");
  });

  it("breaks where a figure is not defined", () => {
    expect(
      linePath([
        { x: 0, y: null },
        { x: 0.1, y: 1 },
        { x: 0.2, y: null },
        { x: 0.3, y: 0 },
        { x: 0.4, y: 0 },
      ]),
    ).toBe("M10 0M30 100L40 100");
  });

  it("is empty without points", () => {
    expect(linePath([])).toBe("");
  });
});

describe("place", () => {
  it("stands where the line goes", () => {
    expect(place(0.25, 0.9)).toEqual({ left: "25%", top: "10%" });
  });
});
