/** Joins class names, leaving out what is false; contradicting classes are not sorted out. */
export { clsx as cn } from "clsx";
