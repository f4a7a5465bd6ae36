import { expect, it } from "vitest";
import type { ResultWarning, WarningCode } from "@/lib/api/schema";
import { bySeverity, codesOfAll, scaleStep, sharedWarnings } from "@/lib/result/warnings";
import { isOfSlide, isWithheldForSlide } from "@/lib/result/whole-slide";

function warning(code: WarningCode, severity: ResultWarning["severity"]): ResultWarning {
  return { code, severity, message: "" };
}

const UNKNOWN = warning("scale_unknown", "withholds");
const BLURRED = warning("blurred", "caution");
const PADDED = warning("padded", "note");
const RESULTS = [[PADDED, UNKNOWN, BLURRED], [UNKNOWN, BLURRED], [UNKNOWN]].map((warnings) => ({
  warnings,
}));

it("the gravest warning comes first", () => {
  expect(bySeverity([PADDED, BLURRED, UNKNOWN])).toEqual([UNKNOWN, BLURRED, PADDED]);
});

it("what two results or more are warned of is said once", () => {
  expect(sharedWarnings(RESULTS)).toEqual([
    { warning: UNKNOWN, count: 3 },
    { warning: BLURRED, count: 2 },
  ]);
  expect([...codesOfAll(RESULTS)]).toEqual(["scale_unknown"]);
  expect(sharedWarnings(RESULTS.slice(0, 1))).toEqual([]);
});

it("another scale may help where the scale was the reason", () => {
  const assumed = { scale_source: "assumed" } as const;
  const known = { scale_source: "request" } as const;
  expect(scaleStep({ reasons: ["scale_unknown"], image: assumed })).toBe("scale_again");
  expect(scaleStep({ reasons: ["unlike_training"], image: known })).toBe("scale_other");
  expect(scaleStep({ reasons: ["not_h_and_e"], image: assumed })).toBeNull();
  expect(scaleStep({ reasons: [], image: known })).toBeNull();
});

it("a whole slide has no verdict for no fault of its own", () => {
  expect(isWithheldForSlide({ reasons: ["slide_uncalibrated"] })).toBe(true);
  expect(isWithheldForSlide({ reasons: ["slide_uncalibrated", "field_too_small"] })).toBe(false);
  expect(isWithheldForSlide({ reasons: ["field_too_small"] })).toBe(false);
  expect(isOfSlide({ reasons: ["field_too_small", "slide_uncalibrated"] })).toBe(true);
});
