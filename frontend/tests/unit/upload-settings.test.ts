import { describe, expect, it } from "vitest";
import {
  FIRST_SETTINGS,
  maxMicrons,
  micronsOfObjective,
  OBJECTIVES,
  optionsOf,
  readMicrons,
} from "@/lib/upload/settings";

describe("the settings of an upload", () => {
  it("are at first those of the service, and the result is saved", () => {
    expect(optionsOf(FIRST_SETTINGS, 32)).toEqual({
      operatingPoint: null,
      micronsPerPixel: null,
      save: true,
    });
  });

  it("name what was chosen", () => {
    const settings = {
      ...FIRST_SETTINGS,
      operatingPoint: "high_sensitivity",
      scale: "microns",
      microns: "0,25",
      saveNothing: true,
    } as const;
    expect(optionsOf(settings, 32)).toEqual({
      operatingPoint: "high_sensitivity",
      micronsPerPixel: 0.25,
      save: false,
    });
  });

  it("take a slide scanner's usual scale for an objective", () => {
    expect(OBJECTIVES.map(micronsOfObjective)).toEqual([4, 2, 1, 0.5, 0.25]);
    const settings = { ...FIRST_SETTINGS, scale: "objective", objective: 40 } as const;
    expect(optionsOf(settings, 32)?.micronsPerPixel).toBe(0.25);
  });

  it("presume no objective before one is chosen", () => {
    const settings = { ...FIRST_SETTINGS, scale: "objective" } as const;
    expect(optionsOf(settings, 32)?.micronsPerPixel).toBeNull();
  });

  it.each([
    ["0.5", 0.5],
    [" 0,5 ", 0.5],
    ["32", 32],
    ["1e-1", 0.1],
  ])("read %j as a scale", (text, microns) => {
    expect(readMicrons(text, 32)).toBe(microns);
  });

  it.each(["", " ", "0", "-1", "32.01", "a", "1.000,5", "Infinity", "NaN"])(
    "refuse %j as a scale",
    (text) => {
      expect(readMicrons(text, 32)).toBeNull();
      expect(optionsOf({ ...FIRST_SETTINGS, scale: "microns", microns: text }, 32)).toBeNull();
    },
  );

  it("go up to eight times the model's scale", () => {
    expect(maxMicrons({ micronsPerPixel: 4 })).toBe(32);
    expect(readMicrons("1000", maxMicrons(undefined))).toBe(1000);
  });
});
