"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { cn } from "@/lib/class-names";

interface NavigationProps {
  label: string;
  items: readonly { href: string; label: string }[];
}

export function Navigation({ label, items }: NavigationProps) {
  const path = usePathname();
  return (
    <nav
      aria-label={label}
      className="order-last -mx-1 w-full overflow-x-auto sm:order-none sm:w-auto"
    >
      <ul className="flex gap-1">
        {items.map(({ href, label: text }) => (
          <li key={href}>
            <Link
              href={href}
              // Pages are rendered on request, so prefetching would bring almost nothing.
              prefetch={false}
              aria-current={path === href ? "page" : undefined}
              className={cn(
                "block border-b-2 px-2 pt-2.5 pb-2 text-sm hover:text-ink sm:px-3 sm:pt-4 sm:pb-3.5",
                path === href
                  ? "border-accent font-medium text-ink"
                  : "border-transparent text-muted",
              )}
            >
              {text}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
