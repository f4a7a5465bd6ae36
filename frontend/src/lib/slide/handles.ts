/**
 * Where the files of saved results lie, in browsers with File System Access: a handle is no copy, and
 * is read again only when the visitor allows it.
 */

const DATABASE = "biopsia-slides";
const STORE = "handles";

/** What the library for pages does not know yet. */
interface ReadableHandle extends FileSystemFileHandle {
  queryPermission?(how: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(how: { mode: "read" }): Promise<PermissionState>;
}

interface HandleItem extends DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

const dropped: { file: File; handle: FileSystemFileHandle }[] = [];

/** Note where dropped files lie; to be called before the drop is over. */
export function noteHandles(transfer: DataTransfer | null): void {
  for (const item of [...(transfer?.items ?? [])] as HandleItem[]) {
    const file = item.kind === "file" ? item.getAsFile() : null;
    const asked = item.getAsFileSystemHandle?.();
    if (file && asked) {
      asked
        .then((handle) => {
          if (handle?.kind === "file") {
            dropped.push({ file, handle: handle as FileSystemFileHandle });
          }
        })
        .catch(() => undefined);
    }
  }
}

/** The browser makes a `File` anew each time that it is asked for one. */
function handleOf(file: File): FileSystemFileHandle | null {
  const isSame = ({ file: other }: { file: File }) =>
    other.name === file.name &&
    other.size === file.size &&
    other.lastModified === file.lastModified;
  return dropped.findLast(isSame)?.handle ?? null;
}

/** Keep where the slide of a result lies; does nothing where the browser does not tell. */
export async function keepHandle(id: string, file: File): Promise<void> {
  const handle = handleOf(file);
  if (handle) {
    await inStore((store) => store.put(handle, id)).catch(() => undefined);
  }
}

/** Whether it is known where the slide of a result lies. */
export async function isHandleKept(id: string): Promise<boolean> {
  return inStore<number>((store) => store.count(id)).then(
    (count) => count > 0,
    () => false,
  );
}

/** The slide of a result, if the visitor allows it; null where it is not known or gone. */
export async function keptFile(id: string): Promise<File | null> {
  try {
    const handle = await inStore<ReadableHandle | undefined>((store) => store.get(id));
    const how = { mode: "read" } as const;
    const isAllowed =
      (await handle?.queryPermission?.(how)) === "granted" ||
      (await handle?.requestPermission?.(how)) === "granted";
    return handle && isAllowed ? await handle.getFile() : null;
  } catch {
    return null;
  }
}

export async function forgetHandle(id: string): Promise<void> {
  await inStore((store) => store.delete(id)).catch(() => undefined);
}

export async function forgetEveryHandle(): Promise<void> {
  await inStore((store) => store.clear()).catch(() => undefined);
}

async function inStore<Result>(act: (store: IDBObjectStore) => IDBRequest): Promise<Result> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await resultOf<IDBDatabase>(opening);
  try {
    const store = database.transaction(STORE, "readwrite").objectStore(STORE);
    return await resultOf<Result>(act(store));
  } finally {
    database.close();
  }
}

function resultOf<Result>(request: IDBRequest): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
