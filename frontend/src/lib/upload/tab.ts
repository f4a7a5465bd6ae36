const TAB_KEY = "biopsia-tab";

/** Identifies this tab; it survives a reload. */
export function tabName(): string {
  const name = sessionStorage.getItem(TAB_KEY) ?? `${Date.now()}-${Math.random()}`;
  sessionStorage.setItem(TAB_KEY, name);
  return name;
}

/** Whether this tab had uploads before, so that some may be kept. */
export function hasTabName(): boolean {
  try {
    return sessionStorage.getItem(TAB_KEY) !== null;
  } catch {
    return false;
  }
}
