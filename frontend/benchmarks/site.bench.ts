import { writeFile } from "node:fs/promises";
import { test } from "../tests/e2e/fixtures";
import { freePort } from "../tests/e2e/processes";
import { type DropTimes, measureDrops } from "./drop";
import { type Device, look, type Scores } from "./lighthouse";
import { measureScript, type ScriptBytes } from "./script";
import { example, saveResults, withBrowser } from "./visitor";

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const DROPS = 31;
const DEVICES: readonly Device[] = ["mobile", "desktop"];

interface Figures {
  lighthouse: Record<string, Record<Device, Scores>>;
  script: ScriptBytes;
  drop: DropTimes;
}

test("the site's figures", async ({ site }) => {
  const port = await freePort();
  const figures = await withBrowser(port, async (context): Promise<Figures> => {
    const patch = await example("drawn_crowded.png");
    const images = [patch, await example("drawn_loose.png"), await example("drawn_region.png")];
    const [id] = await saveResults(context, site.url, images);
    const pages = { home: "/", result: `/results/${id}`, dashboard: "/dashboard" };
    const lighthouse: Figures["lighthouse"] = {};
    for (const [name, path] of Object.entries(pages)) {
      const scores = {} as Record<Device, Scores>;
      for (const device of DEVICES) {
        scores[device] = await medianLook(`${site.url}${path}`, port, device);
      }
      lighthouse[name] = scores;
    }
    const script = await measureScript(context, site.url);
    const page = await context.newPage();
    const addresses = { site: site.url, api: site.service.url };
    return { lighthouse, script, drop: await measureDrops(page, addresses, patch, DROPS) };
  });
  const text = `${JSON.stringify(figures, null, 2)}\n`;
  if (process.env.RESULTS) {
    await writeFile(process.env.RESULTS, text);
  }
  process.stdout.write(text);
});

/** The look whose performance is in the middle of several: a busy machine costs points. */
async function medianLook(url: string, port: number, device: Device): Promise<Scores> {
  const looks: Scores[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    looks.push(await look(url, port, device));
  }
  looks.sort((one, other) => one.performance - other.performance);
  const middle = looks[Math.floor(looks.length / 2)];
  if (!middle) {
    throw new Error("no rounds");
  }
  return middle;
}
