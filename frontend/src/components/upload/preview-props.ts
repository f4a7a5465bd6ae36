export interface PreviewProps {
  file: File;
  /** What the picture is, for who cannot see it; empty where that stands beside it. */
  alt: string;
  /** Whether the service is asked for a picture that the browser cannot draw. */
  isLarge?: boolean;
}
