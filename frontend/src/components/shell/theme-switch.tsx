"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { remember, THEME_COOKIE, THEMES, type Theme } from "@/lib/preferences";

const ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

export function ThemeSwitch({ initial }: { initial: Theme }) {
  const t = useTranslations("common.theme");
  const [theme, setTheme] = useState(initial);
  const Icon = ICONS[theme];
  const name = `${t("label")}: ${t(theme)}`;

  function advance() {
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
    document.documentElement.dataset.theme = next;
    remember(THEME_COOKIE, next);
    setTheme(next);
  }

  return (
    <Button variant="ghost" size="icon" onClick={advance} aria-label={name} title={name}>
      <Icon aria-hidden="true" />
    </Button>
  );
}
