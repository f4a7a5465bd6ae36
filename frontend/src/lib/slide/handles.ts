/**
 * File handles of saved results, in browsers with File System Access. A handle is not a copy, and
 * is read again only if the visitor allows it.
 */

const DATABASE = "biopsia-slides";
const STORE = "handles";

/** Types that TypeScript's DOM library lacks. */
interface ReadableHandle extends FileSystemFileHandle {
  queryPermission?(how: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(how: { mode: "read" }): Promise<PermissionState>;
}

interface HandleItem extends DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

const dropped: { file: File; handle: FileSystemFileHandle }[] = [];

/** Remember the handles of dropped files; call it before the drop event ends. */
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

/** Browsers create a new `File` at each request, so files are compared by name, size and time. */
function handleOf(file: File): FileSystemFileHandle | null {
  const isSame = ({ file: other }: { file: File }) =>
    other.name === file.name &&
    other.size === file.size &&
    other.lastModified === file.lastModified;
  return dropped.findLast(isSame)?.handle ?? null;
}

/** Keep the handle of a result's slide; does nothing if the browser has none. */
export async function keepHandle(id: string, file: File): Promise<void> {
  const handle = handleOf(file);
  if (handle) {
    await inStore((store) => store.put(handle, id)).catch(() => undefined);
  }
}

/** Whether there is a handle of a result's slide. */
export async function isHandleKept(id: string): Promise<boolean> {
  return inStore<number>((store) => store.count(id)).then(
    (count) => count > 0,
    () => false,
  );
}

/** The slide of a result, if the visitor allows it; null if there is no handle or no file. */
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
