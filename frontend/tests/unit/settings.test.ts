import { afterEach, describe, expect, test, vi } from "vitest";
import { register } from "@/instrumentation";
import { settingFaults } from "@/lib/settings";

const SECRET = "s".repeat(32);

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function setAll(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    vi.stubEnv(name, value);
  }
}

describe("settings", () => {
  test.each<[Record<string, string>]>([
    [{}],
    [{ BIOPSIA_SITE_PROXY_HOPS: "0", BIOPSIA_SITE_SECRET: "" }],
    [{ BIOPSIA_SITE_PROXY_HOPS: "" }],
    [{ BIOPSIA_SITE_PROXY_HOPS: "2", BIOPSIA_SITE_SECRET: SECRET }],
    [{ BIOPSIA_API_URL: "HTTPS://api.example/lab/", BIOPSIA_PUBLIC_API_URL: "http://[::1]:7860" }],
  ])("%j is fine", (variables) => {
    setAll(variables);
    expect(settingFaults()).toEqual([]);
  });

  test.each<[Record<string, string>, string]>([
    [{ BIOPSIA_SITE_PROXY_HOPS: "one" }, "BIOPSIA_SITE_PROXY_HOPS: write a whole number"],
    [{ BIOPSIA_SITE_PROXY_HOPS: "-1" }, "BIOPSIA_SITE_PROXY_HOPS: write a whole number"],
    [{ BIOPSIA_SITE_PROXY_HOPS: "1.5" }, "BIOPSIA_SITE_PROXY_HOPS: write a whole number"],
    [{ BIOPSIA_SITE_SECRET: SECRET }, "BIOPSIA_SITE_SECRET: does nothing without"],
    [
      { BIOPSIA_SITE_SECRET: SECRET, BIOPSIA_SITE_PROXY_HOPS: "0" },
      "BIOPSIA_SITE_SECRET: does nothing without BIOPSIA_SITE_PROXY_HOPS",
    ],
    [
      { BIOPSIA_SITE_SECRET: SECRET.slice(1), BIOPSIA_SITE_PROXY_HOPS: "1" },
      "BIOPSIA_SITE_SECRET: write 32 characters or more",
    ],
    [{ BIOPSIA_API_URL: "localhost:7860" }, "BIOPSIA_API_URL: write an address"],
    [{ BIOPSIA_API_URL: "" }, "BIOPSIA_API_URL: write an address"],
    [{ BIOPSIA_PUBLIC_API_URL: "https://" }, "BIOPSIA_PUBLIC_API_URL: write an address"],
  ])("%j is refused in one line", (variables, line) => {
    setAll(variables);
    const faults = settingFaults();
    expect(faults).toEqual([expect.stringContaining(line)]);
    expect(faults[0]).not.toContain(SECRET.slice(1));
  });
});

test("the server does not start with a setting that means nothing", () => {
  const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  vi.stubEnv("NEXT_RUNTIME", "nodejs");
  register();
  expect(exit).not.toHaveBeenCalled();
  vi.stubEnv("BIOPSIA_SITE_PROXY_HOPS", "one");
  register();
  expect(exit).toHaveBeenCalledExactlyOnceWith(1);
  expect(said.mock.calls).toEqual([["BIOPSIA_SITE_PROXY_HOPS: write a whole number, 0 or more\n"]]);
});
