/** A nucleus in its cell, and the name. */
export function Wordmark() {
  return (
    <span className="flex items-center gap-2.5 font-semibold text-lg tracking-tight">
      <svg viewBox="0 0 24 24" className="size-6 text-accent" aria-hidden="true">
        <path
          d="M12 2.2c5.2-.4 9.6 3.5 9.8 9.2.2 5.6-3.6 10.1-9.3 10.4-5.9.3-10.2-3.6-10.3-9.4C2.1 6.7 6.2 2.6 12 2.2Z"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
        />
        <path
          d="M13.3 7.1c3 .2 4.7 2.5 4.3 5.3-.4 2.9-2.9 4.6-5.6 4.1-2.6-.5-4.2-2.7-3.8-5.2.4-2.6 2.5-4.4 5.1-4.2Z"
          fill="currentColor"
        />
      </svg>
      Biopsia
    </span>
  );
}
