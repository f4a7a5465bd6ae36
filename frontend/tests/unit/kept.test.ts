import { describe, expect, test } from "vitest";
import type { WarningCode } from "@/lib/api/schema";
import { isKept } from "@/lib/result/is-kept";

const warned = (...codes: WarningCode[]) => codes.map((code) => ({ code, message: "" }));

describe("isKept", () => {
  test.each([
    ["saved", true, warned(), true],
    ["saved, with a warning of its image", true, warned("blank"), true],
    ["saved later", false, warned("blurred", "save_delayed"), true],
    ["not to be saved", false, warned(), false],
    ["without room to wait", false, warned("blank", "not_saved"), false],
  ])("%s", (_, saved, warnings, kept) => {
    expect(isKept({ saved, warnings })).toBe(kept);
  });
});
