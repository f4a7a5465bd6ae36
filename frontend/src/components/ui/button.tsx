import { cva, type VariantProps } from "class-variance-authority";
import Link from "next/link";
import type { ComponentProps } from "react";
import { cn } from "@/lib/class-names";

const buttonVariants = cva(
  "inline-flex max-w-full shrink-0 items-center justify-center gap-2 rounded-md text-center font-medium text-sm transition-colors disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        default: "bg-accent text-on-accent hover:bg-accent-strong",
        outline: "border border-edge bg-surface hover:bg-raised",
        ghost: "text-muted hover:bg-raised hover:text-ink",
        danger: "border border-malignant bg-surface text-malignant hover:bg-malignant-soft",
        link: "text-accent underline underline-offset-4 hover:text-accent-strong",
      },
      size: {
        default: "min-h-10 px-4 py-2",
        sm: "min-h-8 px-3 py-1",
        icon: "size-10",
        "icon-sm": "size-8",
        bare: "",
      },
    },
    defaultVariants: { variant: "default", size: "default" },
  },
);

type ButtonProps = ComponentProps<"button"> & VariantProps<typeof buttonVariants>;

/** shadcn/ui's button. */
export function Button({ className, variant, size, ...props }: ButtonProps) {
  return (
    <button type="button" className={cn(buttonVariants({ variant, size }), className)} {...props} />
  );
}

type ButtonLinkProps = ComponentProps<typeof Link> & VariantProps<typeof buttonVariants>;

/** A link that looks like a button. */
export function ButtonLink({ className, variant, size, ...props }: ButtonLinkProps) {
  return (
    <Link
      // Pages are rendered on request, so prefetching would bring almost nothing.
      prefetch={false}
      className={cn(buttonVariants({ variant, size }), className)}
      {...props}
    />
  );
}

type DownloadLinkProps = ComponentProps<"a"> & VariantProps<typeof buttonVariants>;

/** A link to a file of the API that looks like a button. */
export function DownloadLink({ className, variant, size, ...props }: DownloadLinkProps) {
  return <a download className={cn(buttonVariants({ variant, size }), className)} {...props} />;
}
