import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { FILES, fileOf, filesImportedBy, IMPORTS, sourceOf } from "./sources";

/** Packages that render. Of react-query, `lib` only describes requests, which takes no hook. */
const REACT = /^(?:react|react-dom|next-intl|next\/navigation|recharts|lucide-react)(?:\/|$)/;
const QUERY_HOOK = /\buse\w*Query\b|\buseMutation\b/;

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
    expect(sourceOf(file)).not.toMatch(QUERY_HOOK);
  });
});

test.each([
  ["components/shared", ["components/ui", "hooks", "i18n", "lib"]],
  ["components/ui", ["hooks", "i18n", "lib"]],
])("%s imports nothing beside %j", (folder, allowed) => {
  const targets = [...(edges(folderOf).get(folder) ?? [])];
  expect(targets.filter((target) => !allowed.includes(target))).toEqual([]);
});
