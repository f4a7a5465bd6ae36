const REVOKE_AFTER_MS = 60_000;

/** Save a file through the browser's downloads. */
export function saveFile(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // Some browsers read the content only later.
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_AFTER_MS);
}
