/**
 * The file names of images, by the ids of their records. They may contain a patient's name, so they
 * stay in this browser and are never sent.
 */

const KEY = "biopsia-file-names";
/** Records are deleted after a while; beyond this number, the oldest names are dropped. */
const MAX_NAMES = 1000;

type Names = Readonly<Record<string, string>>;

const NONE: Names = {};
const listeners = new Set<() => void>();
let known: { text: string | null; names: Names } = { text: null, names: NONE };

/** All names; the same object as long as nothing changes. */
export function fileNames(): Names {
  const text = storage()?.getItem(KEY) ?? null;
  if (text !== known.text) {
    known = { text, names: namesIn(text) };
  }
  return known.names;
}

export function rememberName(id: string, name: string): void {
  store({ ...fileNames(), [id]: name });
}

export function forgetName(id: string): void {
  const { [id]: gone, ...others } = fileNames();
  if (gone !== undefined) {
    store(others);
  }
}

export function forgetEveryName(): void {
  store(NONE);
}

/** Call a listener whenever a name is kept or dropped; returns a function that ends this. */
export function subscribeToNames(listener: () => void): () => void {
  listeners.add(listener);
  globalThis.addEventListener?.("storage", listener);
  return () => {
    listeners.delete(listener);
    globalThis.removeEventListener?.("storage", listener);
  };
}

function store(names: Names): void {
  // Ids sort by time.
  const newest = Object.entries(names)
    .toSorted(([one], [other]) => other.localeCompare(one))
    .slice(0, MAX_NAMES);
  try {
    if (newest.length === 0) {
      storage()?.removeItem(KEY);
    } else {
      storage()?.setItem(KEY, JSON.stringify(Object.fromEntries(newest)));
    }
  } catch {
    // The storage is full: the records have no names.
  }
  for (const listener of listeners) {
    listener();
  }
}

function namesIn(text: string | null): Names {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    const entries = Object.entries(value ?? {});
    return Object.fromEntries(
      entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch {
    return NONE;
  }
}

/** Null if the browser has no storage or blocks it. */
function storage(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
