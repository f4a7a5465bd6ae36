import { describe, expect, test } from "vitest";
import { hasRecord } from "@/lib/api/has-record";
import type { WarningCode } from "@/lib/api/schema";

const warned = (...codes: WarningCode[]) =>
  codes.map((code) => ({ code, message: "", severity: "caution" as const }));

describe("hasRecord", () => {
  test.each([
    ["saved", true, warned(), true],
    ["saved, with a warning of its image", true, warned("blank"), true],
    ["saved later", false, warned("blurred", "save_delayed"), true],
    ["not to be saved", false, warned(), false],
    ["without room to wait", false, warned("blank", "not_saved"), false],
  ])("%s", (_, saved, warnings, expected) => {
    expect(hasRecord({ saved, warnings })).toBe(expected);
  });
});
