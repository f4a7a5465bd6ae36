import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Locator, Page } from "@playwright/test";
import type { PredictionResult } from "../../src/lib/api/schema";
import { PROJECT_FOLDER, PYTHON } from "./processes";

/** Slides on a disk, and what the command `slides` says of them. */
export class SlideFiles {
  private constructor(private readonly folder: string) {}

  static async write(): Promise<SlideFiles> {
    const folder = await mkdtemp(join(tmpdir(), "biopsia-slides-"));
    await promisify(execFile)(PYTHON, ["-m", "tests.browser_slides", folder], {
      cwd: PROJECT_FOLDER,
    });
    return new SlideFiles(folder);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The result of the command. */
  result(name: string): Pick<PredictionResult, "region" | "image"> {
    return JSON.parse(readFileSync(join(this.folder, "out", name, "result.json"), "utf8"));
  }

  /** Bytes of a slide at the model's scale as a PNG. */
  pictureBytes(name: string): number {
    return JSON.parse(readFileSync(this.path("sizes.json"), "utf8"))[name];
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Choose a slide on home; returns its panel. */
export async function openSlide(page: Page, path: string): Promise<Locator> {
  await page.goto("/", { waitUntil: "networkidle" });
  await page.locator("input[type=file][multiple]").setInputFiles(path);
  return page.getByRole("region", { name: `Slide ${path.replace(/^.*\//, "")}` });
}

export const sendButton = (panel: Locator) => panel.getByRole("button", { name: /^Send .* and/ });
