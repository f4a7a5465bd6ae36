import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));
const SPECIFIER = /(?:\bfrom|\bimport|\bimport\()\s*["']([^"']+)["']/g;

/** Every source file, relative to src, and what it imports, types too. */
export const IMPORTS = new Map(
  readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => {
      const text = readFileSync(join(SRC, path), "utf8");
      const specifiers = [...text.matchAll(SPECIFIER)].map(([, specifier = ""]) =>
        specifier.startsWith(".") ? `@/${posix.join(dirname(path), specifier)}` : specifier,
      );
      return [path, specifiers] as const;
    }),
);

export const FILES = [...IMPORTS.keys()];

/** The source file that a specifier names; undefined for a package. */
export function fileOf(specifier: string): string | undefined {
  const path = specifier.startsWith("@/") ? specifier.slice(2) : null;
  return FILES.find((file) => path !== null && file.replace(/\.tsx?$/, "") === path);
}

export function filesImportedBy(file: string): readonly string[] {
  return (IMPORTS.get(file) ?? []).flatMap((specifier) => fileOf(specifier) ?? []);
}

export function sourceOf(file: string): string {
  return readFileSync(join(SRC, file), "utf8");
}
