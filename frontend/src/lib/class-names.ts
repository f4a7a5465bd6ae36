/** Joins class names, leaving out falsy ones; conflicting classes are not resolved. */
export { clsx as cn } from "clsx";
