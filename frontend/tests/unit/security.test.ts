import { expect, test } from "vitest";
import { contentSecurityPolicy } from "@/lib/security";

const PARTS = { nonce: "abc", apiOrigin: "https://api.example", isDevelopment: false };

function directive(policy: string, name: string): string[] {
  const found = policy.split("; ").find((part) => part.startsWith(`${name} `));
  return found?.split(" ").slice(1) ?? [];
}

test("scripts run by nonce only", () => {
  const scripts = directive(contentSecurityPolicy(PARTS), "script-src");
  expect(scripts).toEqual(["'self'", "'nonce-abc'", "'strict-dynamic'"]);
});

test("pages speak with the site and the API only, and nobody frames them", () => {
  const policy = contentSecurityPolicy(PARTS);
  expect(directive(policy, "connect-src")).toEqual(["'self'", "https://api.example"]);
  expect(directive(policy, "default-src")).toEqual(["'self'"]);
  expect(directive(policy, "frame-ancestors")).toEqual(["'none'"]);
});
