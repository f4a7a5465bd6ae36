import localFont from "next/font/local";

/** IBM Plex Sans; all its figures are equally wide, so that numbers line up. */
export const plex = localFont({
  src: "../../node_modules/@fontsource-variable/ibm-plex-sans/files/ibm-plex-sans-latin-wght-normal.woff2",
  variable: "--font-plex",
  weight: "100 700",
  display: "swap",
});
