import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, test } from "@playwright/test";
import { freePort, spawnSite } from "./processes";

test("a setting that means nothing ends the start with one line that names it", async () => {
  const child = spawnSite(await freePort(), { BIOPSIA_SITE_PROXY_HOPS: "one" }, "pipe");
  const [said] = await Promise.all([
    text(child.stderr as NodeJS.ReadableStream),
    once(child, "exit"),
  ]);
  expect(child.exitCode).toBe(1);
  expect(said).toBe("BIOPSIA_SITE_PROXY_HOPS: write a whole number, 0 or more\n");
});
