const REVOKE_AFTER_MS = 60_000;

/** Hand a file to the browser's downloads. */
export function saveFile(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // Some browsers read the content only after this.
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_AFTER_MS);
}
