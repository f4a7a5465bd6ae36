/** The key of the same action; screen readers get it only from the list of shortcuts. */
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
