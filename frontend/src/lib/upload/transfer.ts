/** Files that a drop or a paste carries; none where it is text, or a part of this page. */
export function filesOf(transfer: DataTransfer | null): readonly File[] {
  return [...(transfer?.files ?? [])];
}

/** Whether what is dragged over the page has files; which ones is known only when it is dropped. */
export function carriesFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") ?? false;
}
