import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));
const SPECIFIER = /(?:\bfrom|\bimport|\bimport\()\s*["']([^"']+)["']/g;

/** Every source file, relative to src, and what it imports, types too. */
const IMPORTS = new Map(
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

/** Packages that render. Of react-query, `lib` only describes requests, which takes no hook. */
const REACT = /^(?:react|react-dom|next-intl|next\/navigation|recharts|lucide-react)(?:\/|$)/;
const QUERY_HOOK = /\buse\w*Query\b|\buseMutation\b/;

const FILES = [...IMPORTS.keys()];

/** The source file that a specifier names; undefined for a package. */
function fileOf(specifier: string): string | undefined {
  const path = specifier.startsWith("@/") ? specifier.slice(2) : null;
  return FILES.find((file) => path !== null && file.replace(/\.tsx?$/, "") === path);
}

function filesImportedBy(file: string): readonly string[] {
  return (IMPORTS.get(file) ?? []).flatMap((specifier) => fileOf(specifier) ?? []);
}

/** `app`, `hooks` and so on; for a component its folder, as in `components/ui`. */
function folderOf(file: string): string {
  const [top = "", next = ""] = file.split("/");
  return top === "components" ? `${top}/${next}` : top;
}

/** The edges of a graph of files, or of what `nameOf` makes of them. */
function edges(nameOf: (file: string) => string): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, Set<string>>();
  for (const file of FILES) {
    const from = nameOf(file);
    const targets = graph.get(from) ?? new Set();
    for (const imported of filesImportedBy(file)) {
      if (nameOf(imported) !== from) {
        targets.add(nameOf(imported));
      }
    }
    graph.set(from, targets);
  }
  return graph;
}

/** All that is reached from a name; with the name itself where it lies on a cycle. */
function reached(graph: ReadonlyMap<string, ReadonlySet<string>>, start: string): Set<string> {
  const seen = new Set<string>();
  const waiting = [...(graph.get(start) ?? [])];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (!seen.has(name)) {
      seen.add(name);
      waiting.push(...(graph.get(name) ?? []));
    }
  }
  return seen;
}

function onCycles(nameOf: (file: string) => string): readonly string[] {
  const graph = edges(nameOf);
  return [...graph.keys()].filter((name) => reached(graph, name).has(name));
}

const isTopLevel = (file: string) => !file.includes("/");

test("every import of src finds its file", () => {
  const lost = [...IMPORTS].flatMap(([file, specifiers]) =>
    specifiers
      .filter((specifier) => specifier.startsWith("@/") && !/\.(?:css|json)$/.test(specifier))
      .filter((specifier) => fileOf(specifier) === undefined)
      .map((specifier) => `${file}: ${specifier}`),
  );
  expect(lost).toEqual([]);
  expect(edges(folderOf).get("app")).toContain("components/shell");
});

describe("no cycle", () => {
  test("of files", () => {
    expect(onCycles((file) => file)).toEqual([]);
  });

  test("of the folders of src", () => {
    expect(onCycles((file) => (isTopLevel(file) ? file : (file.split("/")[0] ?? "")))).toEqual([]);
  });

  test("of the folders of components", () => {
    expect(onCycles(folderOf)).toEqual([]);
  });

  test("of the folders of lib", () => {
    const nameOf = (file: string) => (file.startsWith("lib/") ? dirname(file) : folderOf(file));
    expect(onCycles(nameOf)).toEqual([]);
  });
});

describe("lib", () => {
  const files = FILES.filter((file) => file.startsWith("lib/"));

  test("imports nothing of app, components or hooks", () => {
    const targets = new Set(files.flatMap(filesImportedBy).map(folderOf));
    expect([...targets].filter((folder) => folder !== "lib" && folder !== "i18n")).toEqual([]);
  });

  test.each(files)("%s works without React", (file) => {
    const graph = edges((each) => each);
    const specifiers = [file, ...reached(graph, file)].flatMap((each) => IMPORTS.get(each) ?? []);
    expect(specifiers.filter((specifier) => REACT.test(specifier))).toEqual([]);
    expect(readFileSync(join(SRC, file), "utf8")).not.toMatch(QUERY_HOOK);
  });
});

test.each([
  ["components/shared", ["components/ui", "hooks", "i18n", "lib"]],
  ["components/ui", ["hooks", "i18n", "lib"]],
])("%s imports nothing beside %j", (folder, allowed) => {
  const targets = [...(edges(folderOf).get(folder) ?? [])];
  expect(targets.filter((target) => !allowed.includes(target))).toEqual([]);
});
