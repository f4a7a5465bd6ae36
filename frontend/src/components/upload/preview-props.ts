export interface PreviewProps {
  file: File;
  /** Alternative text of the picture; empty if the text is already beside it. */
  alt: string;
  /** Whether the service is asked for a picture that the browser cannot draw. */
  isLarge?: boolean;
}
