/** Files of a drop or a paste; none if it is text or a part of this page. */
export function filesOf(transfer: DataTransfer | null): readonly File[] {
  return [...(transfer?.files ?? [])];
}

/** Whether a drag over the page has files; which ones is only known at the drop. */
export function carriesFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") ?? false;
}
