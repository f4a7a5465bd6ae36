import type { UploadSettings } from "@/lib/upload/settings";

export interface SettingsProps {
  settings: UploadSettings;
  onChange: (settings: Partial<UploadSettings>) => void;
}
