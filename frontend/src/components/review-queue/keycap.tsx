/** The key that does the same; read out from the list of shortcuts only. */
export function Keycap({ name }: { name: string }) {
  return (
    <span
      aria-hidden="true"
      className="pointer-coarse:hidden min-w-6 rounded-sm border border-edge px-1 text-center text-muted text-xs"
    >
      {name}
    </span>
  );
}
