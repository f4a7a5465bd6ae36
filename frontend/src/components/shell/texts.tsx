import { NextIntlClientProvider } from "next-intl";
import { getMessages } from "next-intl/server";
import type { ReactNode } from "react";
import { type TextName, textsOf } from "@/i18n/page-texts";

interface TextsProps {
  /** Beside those of every page. */
  names: readonly TextName[];
  children: ReactNode;
}

/** Provides the parts within with the texts that they need in the browser, and no others. */
export async function Texts({ names, children }: TextsProps) {
  return (
    <NextIntlClientProvider messages={textsOf(await getMessages(), names)}>
      {children}
    </NextIntlClientProvider>
  );
}
